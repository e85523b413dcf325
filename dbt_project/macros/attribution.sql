{# The models of attribution: name and the credit of one touch. #}

{% macro attribution_models() -%}
{{ return([
    ('first_touch', 'case when position = 1 then 1.0 else 0.0 end'),
    ('last_touch', 'case when position = touches then 1.0 else 0.0 end'),
    ('linear', '1.0 / touches'),
    ('position_based',
     'case when touches = 1 then 1.0 when touches = 2 then 0.5'
     ~ ' when position in (1, touches) then 0.4 else 0.2 / (touches - 2) end'),
    ('time_decay', 'decay / sum(decay) over path'),
    ('shapley', '1.0 / (channels * channel_touches)'),
    ('markov',
     'removal_effect / channel_touches / sum(removal_effect / channel_touches) over path'),
]) }}
{%- endmacro %}

{# Money up to and with a touch; the last touch closes on the amount, so that shares sum to it. #}
{% macro money_until(model) -%}
case
    when position = touches then amount
    else cast(
        round(cast(amount as double) * sum(credit_{{ model }}) over until_touch, 4)
        as decimal(18, 4)
    )
end
{%- endmacro %}
