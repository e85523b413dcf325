{# Suppression by figure: parts of a row that are hidden together, because they are about the same
   persons, and cells of a month that is cut by a slice.
   figures: a mapping of a figure's name to its columns and its populations (name: condition on a
   row); the figure "row" is the row itself, and hides all the others with it. A figure may go with
   others (a list "with"): it could be had from them, so where one of them is hidden it is too. #}

{# Distinct persons of each figure and population, from rows that have person_key and keys. #}
{% macro persons_of_figures(figures, from_relation, keys) -%}
person_flags as (
    select
        {{ keys | join(', ') }},
        person_key as customer_key
        {%- for figure, parts in figures.items() %}
        {%- for population, condition in parts.populations.items() %},
        max(case when {{ condition }} then 1 else 0 end) as {{ figure }}_{{ population }}
        {%- endfor %}
        {%- endfor %}
    from {{ from_relation }}
    where person_key is not null
    group by {{ keys | join(', ') }}, person_key
),

persons as (
    {%- set pairs = [] -%}
    {%- for figure, parts in figures.items() -%}
        {%- for population in parts.populations -%}
            {%- do pairs.append((figure, population)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for figure, population in pairs %}
    select
        '{{ figure }}' as figure,
        '{{ population }}' as population,
        {{ keys | join(', ') }},
        customer_key
    from person_flags
    where {{ figure }}_{{ population }} = 1
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)
{%- endmacro %}

{# CTEs that end in hidden_slices(figure, month_start, slice): cells of a month that is cut by a slice,
   beside the month as a whole.

   persons: a CTE of distinct natural persons: figure, population, month_start, slice, customer_key.
   hidden_months: a CTE of figure and month_start, hidden for the figure or its row. Of a hidden
   month every slice is hidden; of another those about 1 to k-1 persons, and the smallest beside them
   where they are not about k together. #}
{% macro hidden_slices(persons, hidden_months) -%}
slice_counts as (
    select
        figure,
        population,
        month_start,
        slice,
        count(*) as persons
    from {{ persons }}
    group by figure, population, month_start, slice
),

small_slices as (
    select distinct
        slice_counts.figure,
        slice_counts.month_start,
        slice_counts.slice
    from slice_counts
    left join {{ hidden_months }} as months
        on {{ same_keys('slice_counts', 'months', ['figure', 'month_start']) }}
    where slice_counts.persons {{ is_small() }} or months.month_start is not null
),

small_sums as (
    select
        persons.figure,
        persons.population,
        persons.month_start,
        count(distinct persons.customer_key) as persons
    from {{ persons }} as persons
    inner join small_slices
        on {{ same_keys('persons', 'small_slices', ['figure', 'month_start', 'slice']) }}
    group by persons.figure, persons.population, persons.month_start
),

slice_helpers as (
    select
        slice_counts.figure,
        slice_counts.month_start,
        slice_counts.slice,
        row_number() over (
            partition by slice_counts.figure, slice_counts.population, slice_counts.month_start
            order by slice_counts.persons, slice_counts.slice
        ) as preference
    from slice_counts
    inner join small_sums
        on {{ same_keys('slice_counts', 'small_sums', ['figure', 'population', 'month_start']) }}
    left join small_slices
        on {{ same_keys('slice_counts', 'small_slices', ['figure', 'month_start', 'slice']) }}
    where
        small_sums.persons {{ is_small() }}
        and not slice_counts.persons {{ is_small() }}
        and small_slices.slice is null
),

hidden_slices as (
    select * from small_slices
    union
    select
        figure,
        month_start,
        slice
    from slice_helpers
    where preference = 1
)
{%- endmacro %}

{# Months in which a figure, or the row with it, is hidden. #}
{% macro hidden_months(figures, suppressed) -%}
{%- for figure in figures %}
    select distinct
        '{{ figure }}' as figure,
        period_start as month_start
    from {{ suppressed }}
    where period_grain = 'month' and figure in ('{{ figure }}', 'row')
    {% if not loop.last %}union all{% endif %}
{%- endfor %}
{%- endmacro %}

{# Which figures are hidden, as columns hides_<figure>, by the keys given. #}
{% macro hidden_figures(figures, from_relation, keys) -%}
    select
        {{ keys | join(', ') }}
        {%- for figure, parts in figures.items() %}
        {%- set hiding = [figure, 'row'] + parts.get('with', []) %},
        max(case when figure in ('{{ hiding | join("', '") }}') then 1 else 0 end)
            as hides_{{ figure }}
        {%- endfor %}
    from {{ from_relation }}
    group by {{ keys | join(', ') }}
{%- endmacro %}

{# The columns of a disclosed row: suppressed, partly suppressed, and each figure that is not hidden.
   Columns of no figure go with the row. #}
{% macro disclosed_columns(figures, types, measured, hidden) -%}
        {%- set flags = [] -%}
        {%- set owner = {} -%}
        {%- for figure, parts in figures.items() -%}
            {%- do flags.append(hidden ~ '.hides_' ~ figure) -%}
            {%- for column in parts.columns -%}{%- do owner.update({column: figure}) -%}{%- endfor -%}
        {%- endfor -%}
        coalesce({{ hidden }}.hides_row, 0) = 1 as is_suppressed,
        coalesce({{ flags | join(' + ') }}, 0) > 0 as is_partly_suppressed
        {%- for name, type in types.items() %},
        case
            when coalesce({{ hidden }}.hides_{{ owner.get(name, 'row') }}, 0) = 0
                then cast({{ measured }}.{{ name }} as {{ type }})
        end as {{ name }}
        {%- endfor %}
{%- endmacro %}

{# A whole model: which periods must not be shown, by figure. contributions: a relation with month_start
   and person_key; seal: the name of the sealed table, which is read as the last run left it. #}
{% macro hidden_periods(figures, contributions, seal) -%}
{%- set sealed = load_relation(
    api.Relation.create(database=target.database, schema='sealed', identifier=seal)
) if execute else none -%}
with

{{ persons_of_figures(figures, contributions, ['month_start']) }},

fixed as (
    {%- if sealed is not none %}
    {%- for figure in figures %}
    select distinct
        '{{ figure }}' as figure,
        period_grain,
        period_start
    from {{ sealed }}
    where
        not is_suppressed
        {%- if figure != 'row' %}
        and ({{ figures[figure].columns | join(' is not null or ') }} is not null)
        {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
    {%- else %}
    select
        'row' as figure,
        cast(null as varchar) as period_grain,
        cast(null as date) as period_start
    where false
    {%- endif %}
),

{{ suppressed_periods('persons', 'fixed') }}

select * from suppressed_periods
{%- endmacro %}
