-- Grain: figure (row is all of them), period grain and period. What of sales must not be shown:
-- see macros/disclosure. The seal is read as the last run left it, which a ref cannot say: it
-- depends on this model.
{%- set sealed = load_relation(
    api.Relation.create(
        database=target.database, schema='sealed', identifier='sealed_kpi_sales_monthly'
    )
) if execute else none %}
{%- set figures = sales_figures() %}
with

{{ persons_of_figures(figures, ref('int_sales_contributions'), ['month_start']) }},

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
