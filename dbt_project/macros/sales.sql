{# The sales figures, once, for every table that groups deals. #}

{% macro sales_measures() -%}
{%- set won = "case when role = 'closed' and outcome = 'won' then 1 else 0 end" -%}
{%- set closed = "case when role = 'closed' then 1 else 0 end" -%}
{%- set won_amount = "case when role = 'closed' and outcome = 'won' then amount end" -%}
{%- set closed_amount = "case when role = 'closed' then amount end" -%}
{%- set won_sum = "case when sum(" ~ won ~ ") = 0 then 0 else sum(" ~ won_amount ~ ") end" -%}
{%- set won_cycle = "case when role = 'closed' and outcome = 'won' then cycle_days end" -%}
{%- set lost_cycle = "case when role = 'closed' and outcome = 'lost' then cycle_days end" -%}
{%- set cohort = "case when role = 'created' then 1 else 0 end" -%}
{%- set cohort_won = "case when role = 'created' and outcome = 'won' then 1 else 0 end" -%}
        sum({{ won }}) as won_deals,
        sum({{ closed }}) - sum({{ won }}) as lost_deals,
        {{ ratio_columns('win_rate', 'sum(' ~ won ~ ')', 'sum(' ~ closed ~ ')') }},
        {{ ratio_columns('win_rate_value', won_sum, 'sum(' ~ closed_amount ~ ')') }},
        {{ ratio_columns('cohort_win_rate', 'sum(' ~ cohort_won ~ ')', 'sum(' ~ cohort ~ ')') }},
        sum(case when role = 'created' and outcome = 'open' then 1 else 0 end) as cohort_open,
        {{ won_sum }} as won_revenue,
        {{ ratio_columns('avg_deal_size', 'sum(' ~ won_amount ~ ')', 'count(' ~ won_amount ~ ')') }},
        {%- for name, cycle in [('sales_cycle', won_cycle), ('lost_cycle', lost_cycle)] %}
        {{ percentile(cycle, 0.5) }} as {{ name }}_days_median,
        {{ percentile(cycle, 0.25) }} as {{ name }}_days_p25,
        {{ percentile(cycle, 0.75) }} as {{ name }}_days_p75,
        {#- A sum of doubles depends on the order of rows; of decimals it does not. #}
        {%- set total = 'sum(cast(' ~ cycle ~ ' as decimal(28, 10)))' %}
        {{ ratio_columns(name ~ '_days_mean', total, 'count(' ~ cycle ~ ')') }},
        {%- endfor %}
        {%- for reason in sales_exclusion_reasons() %}
        sum(case when role = 'closed' and exclusion_reason = '{{ reason }}' then 1 else 0 end)
            as excluded_{{ reason }},
        {%- endfor %}
        sum(case when role = 'closed' and exclusion_reason is not null then 1 else 0 end)
            as excluded_rows
{%- endmacro %}

{% macro sales_exclusion_reasons() -%}
{{ return([
    'close_missing', 'closed_before_start', 'start_missing', 'amount_missing', 'rate_missing'
]) }}
{%- endmacro %}

{# Every figure with its type, in the order of the tables. #}
{% macro sales_measure_types() -%}
{%- set count = 'bigint' -%}
{%- set rate = 'double' -%}
{%- set money = 'decimal(38, 4)' -%}
{%- set types = {
    'won_deals': count, 'lost_deals': count,
    'win_rate': rate, 'win_rate_numerator': count, 'win_rate_denominator': count,
    'win_rate_value': rate, 'win_rate_value_numerator': money, 'win_rate_value_denominator': money,
    'cohort_win_rate': rate, 'cohort_win_rate_numerator': count,
    'cohort_win_rate_denominator': count, 'cohort_open': count,
    'won_revenue': money, 'avg_deal_size': rate, 'avg_deal_size_numerator': money,
    'avg_deal_size_denominator': count,
} -%}
{%- for name in ['sales_cycle', 'lost_cycle'] -%}
    {%- for suffix in ['median', 'p25', 'p75', 'mean', 'mean_numerator'] -%}
        {%- do types.update({name ~ '_days_' ~ suffix: rate}) -%}
    {%- endfor -%}
    {%- do types.update({name ~ '_days_mean_denominator': count}) -%}
{%- endfor -%}
{%- for reason in sales_exclusion_reasons() -%}
    {%- do types.update({'excluded_' ~ reason: count}) -%}
{%- endfor -%}
{%- do types.update({'excluded_rows': count}) -%}
{{ return(types) }}
{%- endmacro %}

{# What is hidden of sales, and whom it is about: docs/decisions/0118-sales-figures-about-few.md. #}
{% macro sales_figures() -%}
{%- set created = "role = 'created'" -%}
{%- set closed = "role = 'closed'" -%}
{%- set won = closed ~ " and outcome = 'won'" -%}
{%- set lost = closed ~ " and outcome = 'lost'" -%}
{%- set figures = {
    'row': {
        'columns': ['won_deals', 'lost_deals'] + ratio_names('win_rate'),
        'populations': {'created': created, 'won': won, 'lost': lost},
    },
    'cohort': {
        'columns': ratio_names('cohort_win_rate') + ['cohort_open'],
        'populations': {
            'won': created ~ " and outcome = 'won'", 'lost': created ~ " and outcome = 'lost'",
            'open': created ~ " and outcome = 'open'",
        },
    },
    'revenue': {
        'columns': ['won_revenue'] + ratio_names('quota_attainment')
            + ratio_names('pipeline_coverage') + ratio_names('forecast_accuracy'),
        'populations': {'known': won ~ ' and amount is not null'},
    },
    'value': {
        'columns': ratio_names('win_rate_value'),
        'populations': {
            'won': won ~ ' and amount is not null', 'lost': lost ~ ' and amount is not null'
        },
        'with': ['revenue'],
    },
    'deal_size': {
        'columns': ratio_names('avg_deal_size'),
        'populations': {
            'known': won ~ ' and amount is not null', 'unknown': won ~ ' and amount is null'
        },
        'with': ['revenue'],
    },
} -%}
{%- set sound = {'sound': closed ~ ' and exclusion_reason is null'} -%}
{%- for reason in sales_exclusion_reasons() -%}
    {%- do sound.update({reason: closed ~ " and exclusion_reason = '" ~ reason ~ "'"}) -%}
{%- endfor -%}
{#- Without an amount, and left out for another reason: unknown amounts less those two reasons. -#}
{%- do sound.update({'unpriced': won ~ " and amount is null and exclusion_reason not in "
    ~ "('amount_missing', 'rate_missing')"}) -%}
{%- for name, decided in [('sales_cycle', won), ('lost_cycle', lost)] -%}
    {%- set timed = decided ~ ' and cycle_days is not null' -%}
    {%- do figures.update({
        name: {
            'columns': [name ~ '_days_median', name ~ '_days_p25', name ~ '_days_p75'],
            'populations': {'timed': timed},
        },
        name ~ '_mean': {
            'columns': ratio_names(name ~ '_days_mean'),
            'populations': {'timed': timed, 'others': decided ~ ' and cycle_days is null'},
        },
    }) -%}
{%- endfor -%}
{%- do figures.update({'excluded': {
    'columns': ['excluded_rows'], 'populations': sound,
    'with': ['revenue', 'deal_size', 'sales_cycle_mean', 'lost_cycle_mean'],
}}) -%}
{%- for reason in sales_exclusion_reasons() -%}
    {%- do figures.excluded.columns.append('excluded_' ~ reason) -%}
{%- endfor -%}
{{ return(figures) }}
{%- endmacro %}

{# Per column the condition under which it is hidden, of flags hides_<figure> and is_plan_suppressed,
   which both say so where the row is hidden. #}
{% macro sales_hidden_where() -%}
{%- set found = {} -%}
{%- for figure, parts in sales_figures().items() -%}
    {%- for column in parts.columns -%}{%- do found.update({column: 'hides_' ~ figure}) -%}{%- endfor -%}
{%- endfor -%}
{%- for column in due_measures() -%}
    {%- do found.update({
        column: (found[column] ~ ' or ' if column in found else '') ~ 'is_plan_suppressed'
    }) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{# The figures of a relation that has those flags, without the hidden ones, and the names of these. #}
{% macro sales_disclosed(from_relation) -%}
{%- set hidden_where = sales_hidden_where() -%}
{%- set together = {} -%}
{%- for name, type in sales_period_types().items() %}
        {%- if name not in hidden_where %}
        cast({{ from_relation }}.{{ name }} as {{ type }}) as {{ name }},
        {%- else %}
        {%- do together.setdefault(hidden_where[name], []).append(name) %}
        case
            when not ({{ hidden_where[name] }})
                then cast({{ from_relation }}.{{ name }} as {{ type }})
        end as {{ name }},
        {%- endif %}
{%- endfor %}
        nullif(
            concat_ws(
                ' '
                {%- for condition, names in together.items() %},
                case when {{ condition }} then '{{ names | join(" ") }}' end
                {%- endfor %}
            ),
            ''
        ) as suppressed_figures
{%- endmacro %}

{# What a period has: the figures of its deals, and those of the plan. #}
{% macro sales_period_types() -%}
{%- set types = sales_measure_types() -%}
{%- do types.update(plan_measure_types()) -%}
{{ return(types) }}
{%- endmacro %}

{# The figures of a joined relation; where it has no row nothing was closed or created: counts and
   what was won are 0, the rest is unknown. #}
{% macro sales_measures_or_none(relation) -%}
{%- for name, type in sales_measure_types().items() %}
        {%- if type == 'bigint' or name in ('won_revenue', 'win_rate_value_numerator') %}
        case when {{ relation }}.period_grain is null then 0 else {{ relation }}.{{ name }} end
            as {{ name }}{{ ',' if not loop.last }}
        {%- else %}
        {{ relation }}.{{ name }}{{ ',' if not loop.last }}
        {%- endif %}
{%- endfor -%}
{%- endmacro %}

{# What a seller has besides: tasks, over all time only. #}
{% macro sales_rep_types() -%}
{%- set types = sales_period_types() -%}
{%- do types.update({'tasks_open': 'bigint', 'tasks_overdue': 'bigint'}) -%}
{{ return(types) }}
{%- endmacro %}
