-- Grain: period grain (month, quarter, year, all), period and seller. Every seller has a row over
-- all time; one without deals has NULL rates there, never 0. What kpi_sales_monthly suppresses is
-- suppressed here, or the sellers would add up to it.
with

users as (select user_key from {{ ref('dim_user') }}),

contributions as (
    select * from {{ ref('int_sales_contributions') }}
    where user_key is not null
),

placed as (
    select
        contributions.*,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'contributions.month_start') }} as period_start
    from contributions
    cross join {{ period_grains(['month', 'quarter', 'year', 'all']) }} as grains
    where contributions.month_start is not null or grains.period_grain = 'all'
),

measured as (
    select
        period_grain,
        period_start,
        user_key,
        {{ sales_measures() }}
    from placed
    group by period_grain, period_start, user_key
),

idle as (
    select
        'all' as period_grain,
        cast(null as date) as period_start,
        users.user_key
    from users
    left join measured on users.user_key = measured.user_key and measured.period_grain = 'all'
    where measured.user_key is null
),

every_row as (
    select * from measured
    union all
    select
        idle.*,
        {%- for name, type in sales_measure_types().items() %}
        {{ '0' if type == 'bigint' or name == 'won_revenue' else 'null' }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from idle
),

suppressed as (select * from {{ ref('int_sales_suppressed_periods') }}),

final as (
    select
        every_row.period_grain,
        every_row.period_start,
        {{ period_end('every_row.period_grain', 'every_row.period_start') }} as period_end,
        every_row.user_key,
        '{{ var("reporting_currency") }}' as currency,
        {%- for name, type in sales_measure_types().items() %}
        case when suppressed.is_suppressed is null then cast(every_row.{{ name }} as {{ type }}) end
            as {{ name }},
        {%- endfor %}
        suppressed.is_suppressed is not null as is_suppressed
    from every_row
    left join suppressed
        on
            every_row.period_grain = suppressed.period_grain
            and coalesce(every_row.period_start, cast('1900-01-01' as date))
            = coalesce(suppressed.period_start, cast('1900-01-01' as date))
)

select * from final
