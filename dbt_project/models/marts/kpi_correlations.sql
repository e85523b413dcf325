-- Grain: pair of figures. Pearson's correlation of their changes from month to month, so that two
-- figures which merely grow are not taken for related; over the months that both show, never under
-- twelve, summed in their order so that the last bit is the same each time. The interval is
-- Fisher's. One pair in twenty is outside it by chance.
with

changes as (
    select
        table_name || '.' || kpi as figure_name,
        period_start,
        figure - previous_figure as change
    from {{ ref('kpi_trends') }}
    where figure is not null and previous_figure is not null
),

correlated as (
    select
        one.figure_name as figure,
        other.figure_name as other_figure,
        count(*) as months,
        min(one.period_start) as first_month,
        max(one.period_start) as last_month,
        case
            when stddev_pop(one.change) > 0 and stddev_pop(other.change) > 0
                then corr(one.change, other.change order by one.period_start)
        end as correlation
    from changes as one
    inner join changes as other
        on one.period_start = other.period_start and one.figure_name < other.figure_name
    group by one.figure_name, other.figure_name
    having count(*) >= 12
),

transformed as (
    select
        *,
        -- At exactly 1 or -1 there is no interval.
        case when abs(correlation) < 1 then atanh(correlation) end as fisher,
        1.959963984540054 / sqrt(months - 3) as reach
    from correlated
)

select
    figure,
    other_figure,
    first_month as period_start,
    last_month,
    months,
    correlation,
    tanh(fisher - reach) as correlation_lower,
    tanh(fisher + reach) as correlation_upper,
    coalesce(fisher - reach > 0 or fisher + reach < 0, false) as is_notable
from transformed
where correlation is not null
