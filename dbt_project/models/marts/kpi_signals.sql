-- Grain: kind of signal, figure, slice and period. Chances and threats in what is published, at most
-- five of a kind, with evidence, size and what to do. Reads kpi_ tables only, so that it cannot tell
-- more than they do. Priority by size against the revenue won in twelve months. Source: 0083.
with

trends as (select * from {{ ref('kpi_trends') }}),

anomalies as (
    select
        'unusual_figure' as signal_kind,
        case when good_direction * (figure - baseline) > 0 then 'opportunity' else 'threat' end
            as direction,
        table_name,
        kpi,
        '' as slice,
        period_start,
        figure,
        baseline as compared_with,
        size_money,
        case
            when good_direction * (figure - baseline) > 0
                then 'find out what went well, and repeat it'
            when table_name = 'kpi_sales_monthly' then 'go through the deals lost and moved with their sellers'
            when table_name = 'kpi_support_monthly' then 'look for the topic behind it, and plan agents on it'
            when table_name = 'kpi_campaign_monthly'
                then 'compare the campaigns of the month by audience, message and spend'
            else 'call the customers who leave or spend less'
        end as suggested_action
    from trends
    where
        is_anomaly
        and good_direction <> 0
        and period_start > cast({{ dbt.dateadd('month', -4, local_month(as_of())) }} as date)
),

newest_retention as (
    select * from {{ ref('kpi_revenue_retention_monthly') }}
    where not is_suppressed
    order by period_start desc
    limit 1
),

recurring as (
    select
        'recurring_revenue_lost' as signal_kind,
        'threat' as direction,
        'kpi_revenue_retention_monthly' as table_name,
        'gross_revenue_retention' as kpi,
        '' as slice,
        period_start,
        gross_revenue_retention as figure,
        1.0 as compared_with,
        12 * (gross_revenue_retention_denominator - gross_revenue_retention_numerator) as size_money,
        'call the customers who leave or spend less' as suggested_action
    from newest_retention
    union all
    select
        'recurring_revenue_gained' as signal_kind,
        'opportunity' as direction,
        'kpi_revenue_retention_monthly' as table_name,
        'net_revenue_retention' as kpi,
        '' as slice,
        period_start,
        net_revenue_retention as figure,
        gross_revenue_retention as compared_with,
        12 * (net_revenue_retention_numerator - gross_revenue_retention_numerator) as size_money,
        'offer others what those who spend more took' as suggested_action
    from newest_retention
),

pipelines as (
    select
        'pipeline_stands_still' as signal_kind,
        'threat' as direction,
        'kpi_pipeline_snapshot' as table_name,
        'stale_deals' as kpi,
        pipeline as slice,
        snapshot_date as period_start,
        cast(stale_deals as double) as figure,
        cast(open_deals as double) as compared_with,
        cast(weighted_pipeline as double) * stale_deals / open_deals as size_money,
        'close or revive the deals of which nothing changed' as suggested_action
    from {{ ref('kpi_pipeline_snapshot') }}
    where
        level = 'pipeline'
        and snapshot_date = (select max(newest.snapshot_date) from {{ ref('kpi_pipeline_snapshot') }} as newest)
        and open_deals > 0
        and 4 * stale_deals > open_deals
),

quotas as (
    select
        'quota_out_of_reach' as signal_kind,
        'threat' as direction,
        'kpi_sales_monthly' as table_name,
        'pipeline_coverage' as kpi,
        period_grain as slice,
        period_start,
        pipeline_coverage as figure,
        1.0 as compared_with,
        pipeline_coverage_denominator - pipeline_coverage_numerator as size_money,
        'fill the pipeline, or correct the forecast in time' as suggested_action
    from {{ ref('kpi_sales_monthly') }}
    where
        pipeline_coverage < 1
        and period_start <= {{ local_date(as_of()) }}
        and {{ local_date(as_of()) }} < period_end
),

segments as (
    select
        case segment when 'at_risk' then 'customers_at_risk' else 'customers_to_win_back' end
            as signal_kind,
        case segment when 'at_risk' then 'threat' else 'opportunity' end as direction,
        'kpi_customer_segments_monthly' as table_name,
        'customers' as kpi,
        segment as slice,
        period_start,
        cast(customers as double) as figure,
        cast(null as double) as compared_with,
        case segment when 'at_risk' then margin_365_days else clv end as size_money,
        case segment
            when 'at_risk' then 'ask why they bought less, before they leave'
            else 'win back those with the highest expected value first'
        end as suggested_action
    from {{ ref('kpi_customer_segments_monthly') }}
    where
        segment_kind = 'rfm'
        and segment in ('at_risk', 'dormant')
        and customers > 0
        and period_start = (
            select max(newest.period_start) from {{ ref('kpi_customer_segments_monthly') }} as newest
        )
),

campaigns as (
    select
        case when roas < 1 then 'campaign_costs_more' else 'campaign_pays' end as signal_kind,
        case when roas < 1 then 'threat' else 'opportunity' end as direction,
        'kpi_campaign' as table_name,
        'roas' as kpi,
        campaign_id as slice,
        {{ local_date('starts_at') }} as period_start,
        roas as figure,
        1.0 as compared_with,
        abs(attributed_revenue - cost) as size_money,
        case
            when roas < 1 then 'stop it or do not repeat it, or find out what it brings that is not attributed'
            else 'give it more of the budget, with a hold-out to see what it adds'
        end as suggested_action
    from {{ ref('kpi_campaign') }}
    where
        (roas < 1 or roas >= 3)
        and starts_at > {{ as_of() }} - interval '180' day
        and starts_at <= {{ as_of() }}
        -- Until then somebody may still buy who was reached.
        and is_sealed
),

found as (
    {%- for part in [
        'anomalies', 'recurring', 'pipelines', 'quotas', 'segments', 'campaigns'
    ] %}
    select
        signal_kind,
        direction,
        table_name,
        kpi,
        slice,
        period_start,
        cast(figure as double) as figure,
        cast(compared_with as double) as compared_with,
        cast(size_money as decimal(38, 4)) as size_money,
        suggested_action
    from {{ part }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Of all its months or unknown: with a hidden one left out every signal would seem larger.
year as (
    select case when count(*) = count(figure) then sum(figure) end as revenue
    from trends
    where
        table_name = 'kpi_sales_monthly'
        and kpi = 'won_revenue'
        and period_start >= cast({{ dbt.dateadd('month', -12, local_month(as_of())) }} as date)
),

ranked as (
    select
        found.*,
        year.revenue,
        row_number() over (
            partition by found.signal_kind
            order by found.size_money desc nulls last, found.kpi, found.slice, found.period_start desc
        ) as place
    from found
    cross join year
    where found.size_money is null or found.size_money > 0
)

select
    signal_kind,
    direction,
    table_name,
    kpi,
    slice,
    period_start,
    figure,
    compared_with,
    kpi || ' ' || cast(round(figure, 4) as varchar)
    || coalesce(' against ' || cast(round(compared_with, 4) as varchar), '') as evidence,
    size_money,
    cast(case
        when size_money >= 0.05 * revenue then 1
        when size_money >= 0.01 * revenue then 2
        else 3
    end as integer) as priority,
    suggested_action
from ranked
where place <= 5
