{# What campaigns need: the attribution window, Wilson's interval, orders that do not stand. #}

{% macro window_end(instant) -%}
    {{ instant }} + interval '{{ var("attribution_window_days") | int }}' day
{%- endmacro %}

{% macro void_order_statuses() -%}
    'cancelled', 'canceled', 'void', 'refunded', 'returned'
{%- endmacro %}

{# One side of Wilson's 95 % score interval of a proportion. Source: Wilson (1927). #}
{% macro wilson(side, successes, trials) -%}
{%- set z = '1.959963984540054' -%}
{%- set sign = '+' if side == 'upper' else '-' -%}
case when {{ trials }} > 0 then (
    {{ successes }} * 1.0 / {{ trials }} + {{ z }} * {{ z }} / (2.0 * {{ trials }})
    {{ sign }} {{ z }} * sqrt(
        ({{ successes }} * 1.0 / {{ trials }}) * (1 - {{ successes }} * 1.0 / {{ trials }})
        / {{ trials }} + {{ z }} * {{ z }} / (4.0 * {{ trials }} * {{ trials }})
    )
) / (1 + {{ z }} * {{ z }} / {{ trials }}) end
{%- endmacro %}

{% macro is_small() -%}
between 1 and {{ var('small_cell_k') | int - 1 }}
{%- endmacro %}

{# Every figure of a campaign: name, expression and type; the second list is about the arms. #}
{% macro campaign_figures() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{%- set figures = [
    ('sent', 'sent', count), ('delivered', 'delivered', count), ('bounced', 'bounced', count),
    ('opens', 'opens', count), ('clicks', 'clicks', count),
    ('machine_opens', 'machine_opens', count), ('machine_clicks', 'machine_clicks', count),
    ('human_openers', 'openers', count), ('human_clickers', 'clickers', count),
    ('unsubscribers', 'unsubscribers', count), ('complainers', 'complainers', count),
    ('converters', 'converters', count),
] -%}
{%- for name, numerator, denominator in [
    ('delivery_rate', 'delivered', 'sent'), ('bounce_rate', 'bounced', 'sent'),
    ('open_rate', 'openers', 'delivered'), ('open_rate_raw', 'openers_raw', 'delivered'),
    ('click_rate', 'clickers', 'delivered'), ('click_to_open_rate', 'clickers', 'openers'),
    ('unsubscribe_rate', 'unsubscribers', 'delivered'),
    ('complaint_rate', 'complainers', 'delivered'),
    ('conversion_rate', 'converters', 'delivered')
] -%}
    {%- do figures.extend([
        (name, name, rate), (name ~ '_numerator', numerator, count),
        (name ~ '_denominator', denominator, count)
    ]) -%}
{%- endfor -%}
{%- do figures.extend([
    ('cost', 'cost', money), ('attributed_conversions', 'attributed_conversions', count),
    ('attributed_revenue', 'attributed_revenue', money),
    ('attributed_margin', 'attributed_margin', money)
]) -%}
{%- for name, numerator, denominator in [
    ('cost_per_conversion', 'cost', 'converters'),
    ('roi', 'attributed_margin - cost', 'cost'),
    ('roi_revenue', 'attributed_revenue - cost', 'cost'), ('roas', 'attributed_revenue', 'cost')
] -%}
    {%- do figures.extend([
        (name, name, rate), (name ~ '_numerator', numerator, money),
        (name ~ '_denominator', denominator, money)
    ]) -%}
{%- endfor -%}
{%- for name in [
    'excluded_cost_rate_missing', 'excluded_revenue_rate_missing', 'excluded_member_unknown',
    'excluded_member_in_both_arms', 'excluded_rows'
] -%}
    {%- do figures.append((name, name, count)) -%}
{%- endfor -%}
{%- set arms = [
    ('treatment_persons', 'treatment_persons', count),
    ('holdout_persons', 'holdout_persons', count),
    ('treatment_conversion_rate', 'treatment_rate', rate),
    ('treatment_conversion_rate_numerator', 'treatment_converters', count),
    ('treatment_conversion_rate_denominator', 'treatment_persons', count),
    ('holdout_conversion_rate', 'holdout_rate', rate),
    ('holdout_conversion_rate_numerator', 'holdout_converters', count),
    ('holdout_conversion_rate_denominator', 'holdout_persons', count),
    ('incremental_lift', 'incremental_lift', rate),
    ('incremental_lift_lower', 'incremental_lift_lower', rate),
    ('incremental_lift_upper', 'incremental_lift_upper', rate),
    ('revenue_per_person_treatment', 'revenue_per_person_treatment', rate),
    ('revenue_per_person_treatment_numerator', 'treatment_revenue', money),
    ('revenue_per_person_treatment_denominator', 'treatment_persons', count),
    ('revenue_per_person_holdout', 'revenue_per_person_holdout', rate),
    ('revenue_per_person_holdout_numerator', 'holdout_revenue', money),
    ('revenue_per_person_holdout_denominator', 'holdout_persons', count),
    ('incremental_revenue_per_person',
        'revenue_per_person_treatment - revenue_per_person_holdout', rate)
] -%}
{%- for name, expression, type in figures %}
        cast(case when not is_suppressed then {{ expression }} end as {{ type }}) as {{ name }},
{%- endfor -%}
{%- for name, expression, type in arms %}
        cast(
            case when not is_suppressed and not is_lift_suppressed then {{ expression }} end
            as {{ type }}
        ) as {{ name }}{{ ',' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
