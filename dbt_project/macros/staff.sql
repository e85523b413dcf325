{# What of the staff's figures is hidden, so that nothing about their customers shows. #}

{# CTEs that end in hidden_cells(figure, period_grain, period_start, slice); over all time the period
   starts at no_day().

   persons: a CTE of distinct natural persons: figure, population, month_start (NULL where undated),
   slice (the one whose figures these are, or '' for nobody's, which no row shows) and customer_key.
   totals: a relation of the periods that the table above hides, by figure; "row" is each figure. Those
   are hidden for everybody.
   rows: a CTE of the rows that the table has: period_grain, period_start and user_key.

   A cell about 1 to k-1 persons is hidden, and in its month the smallest one that makes what the
   shown ones leave of the month about k. A longer period of somebody is hidden where what its shown
   parts leave of it is about few, or is one part alone; and where what the shown ones leave of the
   period itself is about few, or is one of the staff alone, for everybody of whom a part is hidden. #}
{% macro hidden_staff(persons, totals, figures, rows) -%}
hidden_totals as (
    {%- for figure in figures %}
    select distinct
        '{{ figure }}' as figure,
        period_grain,
        coalesce(period_start, {{ no_day() }}) as period_start
    from {{ totals }}
    where figure in ('{{ figure }}', 'row')
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

staff_leaves as (
    select
        figure,
        population,
        slice,
        coalesce(month_start, {{ no_day() }}) as month_start,
        coalesce({{ period_start("'quarter'", 'month_start') }}, {{ no_day() }}) as quarter_start,
        coalesce({{ period_start("'year'", 'month_start') }}, {{ no_day() }}) as year_start,
        {{ no_day() }} as all_start,
        customer_key
    from {{ persons }}
),

staff_months as (
    select
        figure,
        population,
        slice,
        month_start,
        count(*) as persons
    from staff_leaves
    group by figure, population, slice, month_start
),

few_months as (
    select distinct
        staff_months.figure,
        staff_months.slice,
        staff_months.month_start
    from staff_months
    left join hidden_totals
        on
            staff_months.figure = hidden_totals.figure
            and hidden_totals.period_grain = 'month'
            and staff_months.month_start = hidden_totals.period_start
    where
        staff_months.persons {{ is_small() }}
        or staff_months.slice = ''
        or staff_months.month_start = {{ no_day() }}
        or hidden_totals.period_start is not null
),

month_rests as (
    select
        staff_leaves.figure,
        staff_leaves.population,
        staff_leaves.month_start
    from staff_leaves
    inner join few_months
        on {{ same_keys('staff_leaves', 'few_months', ['figure', 'slice', 'month_start']) }}
    group by staff_leaves.figure, staff_leaves.population, staff_leaves.month_start
    having count(distinct staff_leaves.customer_key) {{ is_small() }}
),

month_helpers as (
    select
        staff_months.figure,
        staff_months.slice,
        staff_months.month_start,
        row_number() over (
            partition by staff_months.figure, staff_months.population, staff_months.month_start
            order by staff_months.persons, staff_months.slice
        ) as preference
    from staff_months
    inner join month_rests
        on {{ same_keys('staff_months', 'month_rests', ['figure', 'population', 'month_start']) }}
    left join few_months
        on {{ same_keys('staff_months', 'few_months', ['figure', 'slice', 'month_start']) }}
    where few_months.slice is null
),

hidden_staff_months as (
    select * from few_months
    union
    select
        figure,
        slice,
        month_start
    from month_helpers
    where preference = 1
),

-- What nobody can see of somebody so far.
unseen_months as (
    select distinct
        staff_leaves.figure,
        staff_leaves.slice,
        staff_leaves.month_start,
        staff_leaves.quarter_start,
        staff_leaves.year_start,
        staff_leaves.all_start
    from staff_leaves
    inner join hidden_staff_months as hidden
        on {{ same_keys('staff_leaves', 'hidden', ['figure', 'slice', 'month_start']) }}
),
{% for grain, part in [('quarter', 'month'), ('year', 'quarter'), ('all', 'year')] %}
{%- set start = grain ~ '_start' %}
{{ grain }}_rests as (
    select
        leaves.figure,
        leaves.population,
        leaves.slice,
        leaves.{{ start }},
        leaves.customer_key,
        leaves.{{ part }}_start
    from staff_leaves as leaves
    inner join unseen_{{ part }}s as unseen
        on {{ same_keys('leaves', 'unseen', ['figure', 'slice', 'month_start']) }}
),

few_{{ grain }}s as (
    select
        rests.figure,
        rests.slice,
        rests.{{ start }}
    from {{ grain }}_rests as rests
    group by rests.figure, rests.population, rests.slice, rests.{{ start }}
    having
        count(distinct rests.customer_key) {{ is_small() }}
        or (
            count(distinct rests.{{ part }}_start) = 1
            and min(rests.{{ part }}_start) <> {{ no_day() }}
        )
        or rests.slice = ''
    union
    select
        leaves.figure,
        leaves.slice,
        leaves.{{ start }}
    from staff_leaves as leaves
    inner join hidden_totals as totals
        on
            leaves.figure = totals.figure
            and totals.period_grain = '{{ grain }}'
            and leaves.{{ start }} = totals.period_start
),

few_left_{{ grain }}s as (
    select distinct
        rests.figure,
        rests.{{ start }}
    from {{ grain }}_rests as rests
    inner join few_{{ grain }}s as few
        on {{ same_keys('rests', 'few', ['figure', 'slice', start]) }}
    group by rests.figure, rests.population, rests.{{ start }}
    having
        count(distinct rests.customer_key) {{ is_small() }}
        or (count(distinct rests.slice) = 1 and min(rests.slice) <> '')
),

hidden_staff_{{ grain }}s as (
    select * from few_{{ grain }}s
    union
    select
        rests.figure,
        rests.slice,
        rests.{{ start }}
    from {{ grain }}_rests as rests
    inner join few_left_{{ grain }}s as few
        on {{ same_keys('rests', 'few', ['figure', start]) }}
),

unseen_{{ grain }}s as (
    select unseen.*
    from unseen_{{ part }}s as unseen
    left join hidden_staff_{{ grain }}s as hidden
        on {{ same_keys('unseen', 'hidden', ['figure', 'slice', start]) }}
    where hidden.slice is not null or unseen.{{ start }} = {{ no_day() }}
),
{% endfor %}
hidden_staff as (
    {%- for grain in ['month', 'quarter', 'year', 'all'] %}
    select
        figure,
        '{{ grain }}' as period_grain,
        {{ grain }}_start as period_start,
        slice
    from hidden_staff_{{ grain }}s
    where slice <> '' and ({{ grain }}_start <> {{ no_day() }} or '{{ grain }}' = 'all')
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

hidden_cells as (
    select * from hidden_staff
    union
    select
        totals.figure,
        totals.period_grain,
        totals.period_start,
        due.user_key as slice
    from hidden_totals as totals
    inner join {{ rows }} as due
        on
            totals.period_grain = due.period_grain
            and totals.period_start = coalesce(due.period_start, {{ no_day() }})
)
{%- endmacro %}

{# A day before all others, for what is in no period. #}
{% macro no_day() -%}
cast('1900-01-01' as date)
{%- endmacro %}
