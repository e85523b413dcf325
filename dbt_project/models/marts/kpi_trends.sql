-- Grain: table, figure and month that is over. Made of published cells only, so that it cannot tell
-- more than they do. Expected is the same month a year before, scaled by how the twelve months
-- before have changed since the twelve months before those; with less history the mean of the six
-- months before. A month is unusual where it is far off by the median of the errors before it.
{%- set windows = [
    ('moving_mean', 2, 0), ('half_year_mean', 6, 1), ('year_mean', 12, 1),
    ('mean_before_year', 24, 13)
] %}
with

series as (select * from {{ ref('int_kpi_series') }}),

-- A mean is of all its months or there is none: a hidden month could else be had from it. That of a
-- ratio is the ratio of the sums, and no mean of ratios.
compared as (
    select
        series.*,
        previous.figure as previous_figure,
        year_before.figure as year_before_figure,
        {%- for name, low, high in windows %}
        case
            when count(series.figure) over {{ name }}_months = {{ low - high + 1 }}
                then {{ ratio(
                    'sum(series.figure * coalesce(series.denominator, 1)) over ' ~ name ~ '_months',
                    'sum(coalesce(series.denominator, 1)) over ' ~ name ~ '_months'
                ) }}
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from series
    left join series as previous
        on
            series.table_name = previous.table_name
            and series.kpi = previous.kpi
            and previous.period_end = series.period_start
    left join series as year_before
        on
            series.table_name = year_before.table_name
            and series.kpi = year_before.kpi
            and year_before.period_start
            = cast({{ dbt.dateadd('year', -1, 'series.period_start') }} as date)
    window
        {%- for name, low, high in windows %}
        {{ name }}_months as (
            partition by series.table_name, series.kpi
            order by series.period_start
            range between interval '{{ low }}' month preceding and interval '{{ high }}' month preceding
        ){{ ',' if not loop.last }}
        {%- endfor %}
),

expected as (
    select
        *,
        coalesce(
            year_before_figure * {{ ratio('year_mean', 'mean_before_year') }}, half_year_mean
        ) as baseline,
        case
            when year_before_figure * {{ ratio('year_mean', 'mean_before_year') }} is not null
                then 'seasonal'
            when half_year_mean is not null then 'half_year'
        end as baseline_kind
    from compared
),

scaled as (
    select
        expected.table_name,
        expected.kpi,
        expected.period_start,
        case
            when count(earlier.baseline - earlier.figure) >= 6
                then 1.4826 * median(abs(earlier.figure - earlier.baseline))
        end as usual_error
    from expected
    inner join expected as earlier
        on
            expected.table_name = earlier.table_name
            and expected.kpi = earlier.kpi
            and earlier.period_start < expected.period_start
    group by expected.table_name, expected.kpi, expected.period_start
),

final as (
    select
        expected.table_name,
        expected.kpi,
        expected.period_start,
        expected.period_end,
        cast(expected.good_direction as integer) as good_direction,
        expected.figure,
        expected.previous_figure,
        {{ ratio('expected.figure - expected.previous_figure', 'abs(expected.previous_figure)') }}
            as month_over_month,
        expected.year_before_figure,
        {{ ratio(
            'expected.figure - expected.year_before_figure', 'abs(expected.year_before_figure)'
        ) }} as year_over_year,
        expected.moving_mean,
        expected.baseline,
        expected.baseline_kind,
        scaled.usual_error,
        {{ ratio('expected.figure - expected.baseline', 'scaled.usual_error') }} as anomaly_score,
        coalesce(
            abs({{ ratio('expected.figure - expected.baseline', 'scaled.usual_error') }})
            > {{ anomaly_score() }}, false
        ) as is_anomaly,
        cast(
            abs(expected.figure - expected.baseline) * expected.worth_eur as decimal(38, 4)
        ) as size_money,
        expected.is_suppressed
    from expected
    left join scaled
        on {{ same_keys('expected', 'scaled', ['table_name', 'kpi', 'period_start']) }}
)

select * from final
