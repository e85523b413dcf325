{# Ratios, medians and money, written once. #}

{# NULL on a denominator of zero, never 0 and never an error. #}
{% macro ratio(numerator, denominator) -%}
    case when {{ denominator }} <> 0
        then cast({{ numerator }} as double) / cast({{ denominator }} as double) end
{%- endmacro %}

{% macro ratio_columns(name, numerator, denominator) -%}
    {{ ratio(numerator, denominator) }} as {{ name }},
    {{ numerator }} as {{ name }}_numerator,
    {{ denominator }} as {{ name }}_denominator
{%- endmacro %}

{# Missing values are no part of it, so a case expression selects the rows. #}
{% macro percentile(expression, share) -%}
    percentile_cont({{ share }}) within group (order by {{ expression }})
{%- endmacro %}

{# An amount in the reporting currency; no currency means the reporting currency. NULL without
   a rate: int_exchange_rates_daily joined as the given alias on currency and local date. #}
{% macro in_reporting_currency(amount, currency, rates) -%}
    case
        when coalesce({{ currency }}, '{{ var("reporting_currency") }}')
            = '{{ var("reporting_currency") }}' then cast({{ amount }} as decimal(18, 4))
        else cast(cast({{ amount }} as double) * {{ rates }}.rate as decimal(18, 4))
    end
{%- endmacro %}

{% macro join_rates(alias, currency, day) -%}
    left join {{ ref('int_exchange_rates_daily') }} as {{ alias }}
        on {{ currency }} = {{ alias }}.currency and {{ day }} = {{ alias }}.rate_date
{%- endmacro %}
