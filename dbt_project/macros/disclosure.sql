{# Small-cell suppression over a tree of periods, and the sealing of closed ones. #}

{# CTEs that end in suppressed_periods(figure, period_grain, period_start, is_suppressed).

   persons: a CTE of distinct natural persons: figure, population, month_start (NULL where undated)
   and customer_key. A figure is what is hidden together, a whole row or some of its columns; it may
   be about several populations. A period that is hidden for the row is hidden for each figure of it
   too; both hide k persons or none under a parent, so together they do. fixed: a CTE of periods that
   are out already (figure, period_grain, period_start), sealed and shown; they cannot be taken back.

   A cell about 1 to k-1 persons of any population is hidden. So that it cannot be had by
   subtraction, what a parent would give away, the hidden leaves under it, has to be about k
   persons or none: the smallest sibling that makes it so is hidden too, with what it is part of
   below the parent; where every sibling is out already, the parent is hidden instead
   (docs/decisions/0020-kpi-disclosure.md). #}
{% macro suppressed_periods(persons, fixed) -%}
{%- set k = var('small_cell_k') | int -%}
{%- set few = "between 1 and " ~ (k - 1) -%}
{%- set grains = ['month', 'quarter', 'year'] -%}
months_of as (
    select
        figure,
        population,
        month_start,
        count(*) as persons
    from {{ persons }}
    group by figure, population, month_start
),

-- Figures that are small or hidden nowhere need no look at who they are about.
in_question as (
    select figure from months_of
    where persons {{ few }} or month_start is null
),

leaves as (
    select
        figure,
        population,
        month_start,
        {{ period_start("'quarter'", 'month_start') }} as quarter_start,
        {{ period_start("'year'", 'month_start') }} as year_start,
        customer_key
    from {{ persons }}
    where figure in (select in_question.figure from in_question)
),

counts as (
    select
        figure,
        population,
        month_start,
        {{ period_start("'quarter'", 'month_start') }} as quarter_start,
        {{ period_start("'year'", 'month_start') }} as year_start,
        persons
    from months_of
    where figure in (select in_question.figure from in_question)
),
{% for grain in grains %}
fixed_{{ grain }}s as (
    select
        figure,
        period_start
    from {{ fixed }}
    where period_grain = '{{ grain }}'
),
{% endfor %}
small_months as (
    select distinct
        counts.figure,
        counts.month_start
    from counts
    left join fixed_months
        on counts.figure = fixed_months.figure and counts.month_start = fixed_months.period_start
    where
        counts.month_start is not null
        and counts.persons {{ few }}
        and fixed_months.period_start is null
),

-- Months in which some population is small, shown already or not: none of them helps another.
few_months as (
    select distinct
        figure,
        month_start
    from counts
    where persons {{ few }}
    union
    select
        figure,
        month_start
    from small_months
),

-- Leaves that may still be hidden beside another: shown so far, about k persons, not out yet.
spare as (
    select counts.*
    from counts
    left join fixed_months
        on counts.figure = fixed_months.figure and counts.month_start = fixed_months.period_start
    left join few_months
        on counts.figure = few_months.figure and counts.month_start = few_months.month_start
    where
        counts.month_start is not null
        and counts.persons >= {{ k }}
        and fixed_months.period_start is null
        and few_months.month_start is null
),

-- Quarters: what the hidden months of one are about.
quarter_sums as (
    select
        leaves.figure,
        leaves.population,
        leaves.quarter_start,
        count(distinct leaves.customer_key) as persons,
        count(distinct case when small_months.month_start is not null then leaves.customer_key end)
            as hidden_persons
    from leaves
    left join small_months
        on leaves.figure = small_months.figure and leaves.month_start = small_months.month_start
    where leaves.quarter_start is not null
    group by leaves.figure, leaves.population, leaves.quarter_start
),

quarter_helpers as (
    select
        quarter_sums.figure,
        quarter_sums.population,
        quarter_sums.quarter_start,
        spare.month_start,
        row_number() over (
            partition by quarter_sums.figure, quarter_sums.population, quarter_sums.quarter_start
            order by spare.persons, spare.month_start
        ) as preference
    from quarter_sums
    inner join spare
        on
            quarter_sums.figure = spare.figure
            and quarter_sums.population = spare.population
            and quarter_sums.quarter_start = spare.quarter_start
    where quarter_sums.hidden_persons {{ few }} and quarter_sums.persons >= {{ k }}
),

hidden_months_in_quarters as (
    select
        figure,
        month_start
    from small_months
    union
    select
        figure,
        month_start
    from quarter_helpers
    where preference = 1
),

hidden_quarters_alone as (
    select distinct
        quarter_sums.figure,
        quarter_sums.quarter_start
    from quarter_sums
    left join quarter_helpers
        on
            quarter_sums.figure = quarter_helpers.figure
            and quarter_sums.population = quarter_helpers.population
            and quarter_sums.quarter_start = quarter_helpers.quarter_start
    left join fixed_quarters
        on
            quarter_sums.figure = fixed_quarters.figure
            and quarter_sums.quarter_start = fixed_quarters.period_start
    where
        fixed_quarters.period_start is null
        and (
            quarter_sums.persons {{ few }}
            or (quarter_sums.hidden_persons {{ few }} and quarter_helpers.month_start is null)
        )
),

-- Years: what the hidden months of hidden quarters are about.
year_sums as (
    select
        leaves.figure,
        leaves.population,
        leaves.year_start,
        count(distinct leaves.customer_key) as persons,
        count(
            distinct case
                when months.month_start is not null and quarters.quarter_start is not null
                    then leaves.customer_key
            end
        ) as hidden_persons
    from leaves
    left join hidden_months_in_quarters as months
        on leaves.figure = months.figure and leaves.month_start = months.month_start
    left join hidden_quarters_alone as quarters
        on leaves.figure = quarters.figure and leaves.quarter_start = quarters.quarter_start
    where leaves.year_start is not null
    group by leaves.figure, leaves.population, leaves.year_start
),

year_helpers as (
    select
        year_sums.figure,
        year_sums.population,
        year_sums.year_start,
        spare.month_start,
        spare.quarter_start,
        row_number() over (
            partition by year_sums.figure, year_sums.population, year_sums.year_start
            order by spare.persons, spare.month_start
        ) as preference
    from year_sums
    inner join spare
        on
            year_sums.figure = spare.figure
            and year_sums.population = spare.population
            and year_sums.year_start = spare.year_start
    left join hidden_quarters_alone as quarters
        on spare.figure = quarters.figure and spare.quarter_start = quarters.quarter_start
    left join fixed_quarters
        on
            spare.figure = fixed_quarters.figure
            and spare.quarter_start = fixed_quarters.period_start
    where
        year_sums.hidden_persons {{ few }}
        and year_sums.persons >= {{ k }}
        and quarters.quarter_start is null
        and fixed_quarters.period_start is null
),

hidden_months_in_years as (
    select
        figure,
        month_start
    from hidden_months_in_quarters
    union
    select
        figure,
        month_start
    from year_helpers
    where preference = 1
),

hidden_quarters_in_years as (
    select
        figure,
        quarter_start
    from hidden_quarters_alone
    union
    select
        figure,
        quarter_start
    from year_helpers
    where preference = 1
),

hidden_years_alone as (
    select distinct
        year_sums.figure,
        year_sums.year_start
    from year_sums
    left join year_helpers
        on
            year_sums.figure = year_helpers.figure
            and year_sums.population = year_helpers.population
            and year_sums.year_start = year_helpers.year_start
    left join fixed_years
        on
            year_sums.figure = fixed_years.figure
            and year_sums.year_start = fixed_years.period_start
    where
        fixed_years.period_start is null
        and (
            year_sums.persons {{ few }}
            or (year_sums.hidden_persons {{ few }} and year_helpers.month_start is null)
        )
),

-- All time: the hidden leaves of hidden years, and what is undated.
total_sums as (
    select
        leaves.figure,
        leaves.population,
        count(distinct leaves.customer_key) as persons,
        count(
            distinct case
                when
                    leaves.month_start is null
                    or (
                        months.month_start is not null
                        and quarters.quarter_start is not null
                        and years.year_start is not null
                    )
                    then leaves.customer_key
            end
        ) as hidden_persons
    from leaves
    left join hidden_months_in_years as months
        on leaves.figure = months.figure and leaves.month_start = months.month_start
    left join hidden_quarters_in_years as quarters
        on leaves.figure = quarters.figure and leaves.quarter_start = quarters.quarter_start
    left join hidden_years_alone as years
        on leaves.figure = years.figure and leaves.year_start = years.year_start
    group by leaves.figure, leaves.population
),

total_helpers as (
    select
        total_sums.figure,
        total_sums.population,
        spare.month_start,
        spare.quarter_start,
        spare.year_start,
        row_number() over (
            partition by total_sums.figure, total_sums.population
            order by spare.persons, spare.month_start
        ) as preference
    from total_sums
    inner join spare
        on total_sums.figure = spare.figure and total_sums.population = spare.population
    left join hidden_years_alone as years
        on spare.figure = years.figure and spare.year_start = years.year_start
    left join fixed_quarters
        on
            spare.figure = fixed_quarters.figure
            and spare.quarter_start = fixed_quarters.period_start
    left join fixed_years
        on spare.figure = fixed_years.figure and spare.year_start = fixed_years.period_start
    where
        total_sums.hidden_persons {{ few }}
        and total_sums.persons >= {{ k }}
        and years.year_start is null
        and fixed_quarters.period_start is null
        and fixed_years.period_start is null
),

hidden_totals as (
    select distinct total_sums.figure
    from total_sums
    left join total_helpers
        on
            total_sums.figure = total_helpers.figure
            and total_sums.population = total_helpers.population
    where
        total_sums.persons {{ few }}
        or (total_sums.hidden_persons {{ few }} and total_helpers.month_start is null)
),

hidden_periods as (
    {%- for relation, grain in [
        ('hidden_months_in_years', 'month'), ('hidden_quarters_in_years', 'quarter'),
        ('hidden_years_alone', 'year')
    ] %}
    select
        figure,
        '{{ grain }}' as period_grain,
        {{ grain }}_start as period_start
    from {{ relation }}
    union
    {%- endfor %}
    {%- for grain in grains %}
    select
        figure,
        '{{ grain }}' as period_grain,
        {{ grain }}_start as period_start
    from total_helpers
    where preference = 1
    union
    {%- endfor %}
    select
        figure,
        'all' as period_grain,
        cast(null as date) as period_start
    from hidden_totals
),

suppressed_periods as (
    select
        figure,
        period_grain,
        period_start,
        true as is_suppressed
    from hidden_periods
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
