{# Small-cell suppression over a tree of periods, and the sealing of closed ones. #}

{# CTEs that end in suppressed_periods(period_grain, period_start, is_suppressed).

   persons: a CTE with population, month_start (NULL where undated) and customer_key, distinct
   natural persons. A cell about 1 to k-1 of them, in any population, is suppressed. So that it
   cannot be had by subtraction, a period is suppressed too when the suppressed months that it
   would give away are together about fewer than k persons. The parent goes, not a sibling,
   because siblings may be sealed already (docs/decisions/0020). #}
{% macro suppressed_periods(persons) -%}
{%- set few = "between 1 and " ~ (var('small_cell_k') | int - 1) -%}
leaves as (
    select
        population,
        month_start,
        {{ period_start("'quarter'", 'month_start') }} as quarter_start,
        {{ period_start("'year'", 'month_start') }} as year_start,
        customer_key
    from {{ persons }}
),

suppressed_months as (
    select distinct month_start
    from (
        select month_start
        from leaves
        where month_start is not null
        group by month_start, population
        having count(distinct customer_key) {{ few }}
    ) as small_months
),

month_leaves as (
    select
        leaves.*,
        suppressed_months.month_start is not null or leaves.month_start is null as is_month_hidden
    from leaves
    left join suppressed_months on leaves.month_start = suppressed_months.month_start
),

suppressed_quarters as (
    select distinct quarter_start
    from (
        select quarter_start
        from month_leaves
        where quarter_start is not null
        group by quarter_start, population
        having
            count(distinct customer_key) {{ few }}
            or count(distinct case when is_month_hidden then customer_key end) {{ few }}
    ) as small_quarters
),

quarter_leaves as (
    select
        month_leaves.*,
        is_month_hidden
        and (suppressed_quarters.quarter_start is not null or month_leaves.month_start is null)
            as is_quarter_hidden
    from month_leaves
    left join suppressed_quarters
        on month_leaves.quarter_start = suppressed_quarters.quarter_start
),

suppressed_years as (
    select distinct year_start
    from (
        select year_start
        from quarter_leaves
        where year_start is not null
        group by year_start, population
        having
            count(distinct customer_key) {{ few }}
            or count(distinct case when is_quarter_hidden then customer_key end) {{ few }}
    ) as small_years
),

suppressed_total as (
    select max(1) as is_small
    from (
        select quarter_leaves.population
        from quarter_leaves
        left join suppressed_years on quarter_leaves.year_start = suppressed_years.year_start
        group by quarter_leaves.population
        having
            count(distinct quarter_leaves.customer_key) {{ few }}
            or count(
                distinct case
                    when
                        quarter_leaves.is_quarter_hidden
                        and (
                            suppressed_years.year_start is not null
                            or quarter_leaves.month_start is null
                        )
                        then quarter_leaves.customer_key
                end
            ) {{ few }}
    ) as small_totals
),

suppressed_periods as (
    select
        'month' as period_grain,
        month_start as period_start,
        true as is_suppressed
    from suppressed_months
    union all
    select
        'quarter' as period_grain,
        quarter_start as period_start,
        true as is_suppressed
    from suppressed_quarters
    union all
    select
        'year' as period_grain,
        year_start as period_start,
        true as is_suppressed
    from suppressed_years
    union all
    select
        'all' as period_grain,
        cast(null as date) as period_start,
        true as is_suppressed
    from suppressed_total
    where is_small = 1
)
{%- endmacro %}

{% macro period_grains(grains) -%}
(
    {%- for grain in grains %}
    select '{{ grain }}' as period_grain{% if not loop.last %} union all{% endif %}
    {%- endfor %}
)
{%- endmacro %}

{% macro is_restated(period_start) -%}
{%- if var('restate_from') and var('restate_to') and var('restate_reason') -%}
({{ period_start }} >= cast('{{ var("restate_from") }}' as date)
and {{ period_start }} < cast('{{ var("restate_to") }}' as date))
{%- else -%}
false
{%- endif -%}
{%- endmacro %}

{% macro restate_reason() -%}
{{ dbt.escape_single_quotes(var('restate_reason')) }}
{%- endmacro %}
