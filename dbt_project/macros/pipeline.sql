{# What a deal was at an instant, and the figures about the pipeline. #}

{# A text of a change as an amount or a day; what is neither is no value. #}
{% macro change_value(field, wanted, expression) -%}
    case when {{ field }} = '{{ wanted }}' then {{ expression }} end
{%- endmacro %}

{% macro pipeline_measure_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{{ return({
    'open_deals': count, 'stale_deals': count, 'open_amount': money,
    'weighted_pipeline': money, 'excluded_amount_unknown': count,
    'excluded_probability_unknown': count, 'excluded_rows': count,
    'pipeline_velocity': rate, 'pipeline_velocity_numerator': rate,
    'pipeline_velocity_denominator': rate, 'qualified_deals': count,
    'suppressed_figures': 'varchar',
}) }}
{%- endmacro %}

{% macro stage_measure_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}
{{ return({
    'entries': count, 'stage_conversion': rate, 'stage_conversion_numerator': count,
    'stage_conversion_denominator': count, 'censored': count, 'days_in_stage_median': rate,
    'days_in_stage_entries': count, 'excluded_rows': count,
}) }}
{%- endmacro %}

{% macro lead_measure_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}
{{ return({
    'leads': count, 'lead_conversion_rate': rate, 'lead_conversion_rate_numerator': count,
    'lead_conversion_rate_denominator': count, 'time_to_convert_days_median': rate,
    'time_to_convert_leads': count, 'excluded_rows': count,
}) }}
{%- endmacro %}

{# Quotas, forecasts and what slipped, from the columns of int_sales_plan. #}
{% macro plan_measure_types() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{{ return({
    'quota': money,
    'quota_attainment': rate, 'quota_attainment_numerator': money,
    'quota_attainment_denominator': money,
    'pipeline_coverage': rate, 'pipeline_coverage_numerator': money,
    'pipeline_coverage_denominator': money,
    'forecast': money,
    'forecast_accuracy': rate, 'forecast_accuracy_numerator': money,
    'forecast_accuracy_denominator': money,
    'slippage_rate': rate, 'slippage_rate_numerator': count, 'slippage_rate_denominator': count,
    'excluded_forecast_unknown': count,
}) }}
{%- endmacro %}

{# How much of the quota was won: about the won deals, and none that is due. #}
{% macro quota_measures() -%}
{{ return(
    ['quota_attainment', 'quota_attainment_numerator', 'quota_attainment_denominator']
) }}
{%- endmacro %}

{# Figures of the plan about deals that are due. #}
{% macro due_measures() -%}
{%- set found = [] -%}
{%- for name in plan_measure_types() if name != 'quota' and name not in quota_measures() -%}
{%- do found.append(name) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{# won: what was won in the period. A quota that is reached needs no pipeline. #}
{% macro plan_measures(plan, won, end) -%}
{%- set is_over = local_midnight(end) ~ ' <= ' ~ as_of() -%}
{%- set coverage = 'case when ' ~ won ~ ' < ' ~ plan ~ '.quota then ' -%}
{%- set accuracy = 'case when ' ~ is_over ~ ' and ' ~ won ~ ' <> 0 then ' -%}
        {{ plan }}.quota,
        {{ ratio_columns(
            'quota_attainment', 'case when ' ~ plan ~ '.quota is not null then ' ~ won ~ ' end',
            plan ~ '.quota'
        ) }},
        {{ ratio_columns(
            'pipeline_coverage',
            coverage ~ 'case when ' ~ plan ~ '.open_due_deals > 0 then ' ~ plan
            ~ '.open_due_amount else 0 end end',
            coverage ~ plan ~ '.quota - ' ~ won ~ ' end'
        ) }},
        {{ plan }}.forecast,
        {{ ratio_columns(
            'forecast_accuracy',
            accuracy ~ won ~ ' - abs(' ~ plan ~ '.forecast - ' ~ won ~ ') end',
            accuracy ~ won ~ ' end'
        ) }},
        {{ ratio_columns('slippage_rate', plan ~ '.slipped_deals', plan ~ '.due_deals') }},
        coalesce({{ plan }}.forecast_unknown, 0) as excluded_forecast_unknown
{%- endmacro %}

{# Whether one of the populations (name: condition) of grouped rows with person_key is about few. #}
{% macro is_small_anywhere(populations) -%}
(
    {%- for condition in populations.values() %}
    {{ 'or ' if not loop.first }}count(distinct case when {{ condition }} then person_key end) {{ is_small() }}
    {%- endfor %}
)
{%- endmacro %}
