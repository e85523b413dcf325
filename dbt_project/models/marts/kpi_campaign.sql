-- Grain: campaign, those without sends or conversions too. Closed ones come from the seal, until
-- the campaign sends again.
with

shown as (
    {{ shown_periods(
        ref('int_campaigns_disclosed'), ref('sealed_kpi_campaign'), campaign_measure_types(),
        ['campaign_id', 'closing_month'],
        kept=['campaign_name', 'channel', 'objective', 'starts_at', 'currency']
    ) }}
),

ranked as (
    select
        *,
        row_number() over (partition by campaign_id order by closing_month desc) as recency
    from shown
),

final as (
    select
        campaign_id,
        campaign_name,
        channel,
        objective,
        starts_at,
        closing_month,
        {%- for name in campaign_measure_types() %}
        {{ name }},
        {%- endfor %}
        currency,
        is_suppressed,
        is_sealed,
        sealed_version,
        sealed_at
    from ranked
    where recency = 1
)

select * from final
