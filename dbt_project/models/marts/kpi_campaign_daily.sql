-- Grain: campaign and day. What has closed comes from the seal, until the campaign
-- sends again.
with

shown as (
    {{ shown_periods(
        ref('int_campaign_days_disclosed'), ref('sealed_kpi_campaign_daily'), campaign_day_types(),
        ['campaign_id', 'closing_month'], ['day'], ['month_start']
    ) }}
),

ranked as (
    select
        *,
        max(closing_month) over (partition by campaign_id) as newest_start
    from shown
),

final as (
    select
        campaign_id,
        closing_month,
        day,
        month_start,
        {%- for name in campaign_day_types() %}
        {{ name }},
        {%- endfor %}
        is_suppressed,
        is_sealed,
        sealed_version,
        sealed_at
    from ranked
    where closing_month is not distinct from newest_start
)

select * from final
