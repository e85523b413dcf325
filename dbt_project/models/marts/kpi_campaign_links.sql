-- Grain: campaign and link. What has closed comes from the seal, until the campaign
-- sends again.
with

shown as (
    {{ shown_periods(
        ref('int_campaign_links_disclosed'), ref('sealed_kpi_campaign_links'), campaign_link_types(),
        ['campaign_id', 'closing_month'], ['link'], []
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
        link,
        {%- for name in campaign_link_types() %}
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
