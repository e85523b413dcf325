{# Figures about customers, with their types, in the order of the tables. #}

{% macro clv_model_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}
{%- set types = {
    'customers': count, 'repeat_customers': count,
    'r': rate, 'alpha': rate, 'a': rate, 'b': rate, 'p': rate, 'q': rate, 'gamma': rate,
    'holdout_days': count, 'holdout_customers': count, 'holdout_buyers': count,
} -%}
{%- for measure in ['purchases', 'margin'] -%}
    {%- for kind in ['', '_absolute', '_baseline'] -%}
        {%- for part in ['', '_numerator', '_denominator'] -%}
            {%- do types.update({'holdout_' ~ measure ~ kind ~ '_error' ~ part: rate}) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(types) }}
{%- endmacro %}

{% macro retention_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{%- set types = {} -%}
{%- for name in ['net_revenue_retention', 'gross_revenue_retention'] -%}
    {%- do types.update({
        name: rate, name ~ '_numerator': money, name ~ '_denominator': money
    }) -%}
{%- endfor -%}
{%- do types.update({
    'customer_churn_rate': rate, 'customer_churn_rate_numerator': count,
    'customer_churn_rate_denominator': count, 'new_revenue': money, 'new_customers': count,
    'excluded_rate_missing': count, 'excluded_rows': count,
}) -%}
{{ return(types) }}
{%- endmacro %}

{% macro segment_types() -%}
{%- set count = 'bigint' -%}{%- set money = 'decimal(38, 4)' -%}
{{ return({
    'customers': count, 'orders_365_days': count, 'margin_365_days': money, 'clv': money,
}) }}
{%- endmacro %}

{% macro cohort_types() -%}
{%- set count = 'bigint' -%}{%- set money = 'decimal(38, 4)' -%}
{{ return({
    'months_since': count, 'cohort_customers': count, 'retention_rate': 'double',
    'retention_rate_numerator': count, 'retention_rate_denominator': count, 'orders': count,
    'revenue': money, 'margin': money, 'excluded_margin_unknown': count, 'excluded_rows': count,
}) }}
{%- endmacro %}
