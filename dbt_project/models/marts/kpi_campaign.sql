-- Grain: campaign, those without sends or conversions too.
with

campaigns as (select * from {{ ref('dim_campaign') }}),

recipients as (select * from {{ ref('int_campaign_events_counted') }}),

conversions as (select * from {{ ref('int_campaign_conversions') }}),

costs as (select * from {{ ref('int_campaign_costs') }}),

attributed as (
    select
        campaign_id,
        count(*) as attributed_conversions,
        count(*) - count(amount) as attributed_without_rate,
        sum(amount) as attributed_revenue,
        case when count(*) = count(margin) then sum(margin) end as attributed_margin,
        count(*) - count(margin) as attributed_without_margin
    from {{ ref('int_campaign_attributions') }}
    group by campaign_id
),

arms as (select * from {{ ref('int_campaign_arms') }}),

member_counts as (
    select
        campaign_id,
        count(*) as members,
        count(distinct customer_key) as known_members,
        sum(case when customer_key is null then 1 else 0 end) as members_unknown
    from {{ ref('stg_campaign_members') }}
    group by campaign_id
),

joined as (
    select
        campaigns.campaign_id,
        campaigns.name as campaign_name,
        campaigns.channel,
        campaigns.objective,
        campaigns.starts_at,
        coalesce(recipients.persons, 0) as persons,
        coalesce(recipients.sent, 0) as sent,
        coalesce(recipients.delivered, 0) as delivered,
        coalesce(recipients.bounced, 0) as bounced,
        coalesce(recipients.opens, 0) as opens,
        coalesce(recipients.clicks, 0) as clicks,
        coalesce(recipients.machine_opens, 0) as machine_opens,
        coalesce(recipients.machine_clicks, 0) as machine_clicks,
        coalesce(recipients.openers, 0) as openers,
        coalesce(recipients.openers_raw, 0) as openers_raw,
        coalesce(recipients.clickers, 0) as clickers,
        coalesce(recipients.unsubscribers, 0) as unsubscribers,
        coalesce(recipients.complainers, 0) as complainers,
        coalesce(conversions.converters, 0) as converters,
        costs.cost,
        coalesce(attributed.attributed_conversions, 0) as attributed_conversions,
        case
            when attributed.campaign_id is null then 0 else attributed.attributed_revenue
        end as attributed_revenue,
        case
            when attributed.campaign_id is null then 0 else attributed.attributed_margin
        end as attributed_margin,
        coalesce(arms.treatment_persons, 0) as treatment_persons,
        coalesce(arms.holdout_persons, 0) as holdout_persons,
        arms.treatment_converters,
        arms.holdout_converters,
        arms.treatment_revenue,
        arms.holdout_revenue,
        coalesce(costs.costs_without_rate, 0) as excluded_cost_rate_missing,
        coalesce(attributed.attributed_without_rate, 0) as excluded_revenue_rate_missing,
        coalesce(member_counts.members_unknown, 0) as excluded_member_unknown,
        coalesce(member_counts.known_members, 0) - coalesce(arms.treatment_persons, 0)
        - coalesce(arms.holdout_persons, 0) as excluded_member_in_both_arms,
        {{ is_period_closed(
            local_date('coalesce(recipients.last_sent_at, campaigns.ends_at, campaigns.starts_at)'),
            var('campaign_close_days')
        ) }} as is_closed
    from campaigns
    left join recipients on campaigns.campaign_id = recipients.campaign_id
    left join conversions on campaigns.campaign_id = conversions.campaign_id
    left join costs on campaigns.campaign_id = costs.campaign_id
    left join attributed on campaigns.campaign_id = attributed.campaign_id
    left join arms on campaigns.campaign_id = arms.campaign_id
    left join member_counts on campaigns.campaign_id = member_counts.campaign_id
),

intervals as (
    select
        joined.*,
        {{ ratio('treatment_converters', 'treatment_persons') }} as treatment_rate,
        {{ ratio('holdout_converters', 'holdout_persons') }} as holdout_rate,
        {{ wilson('lower', 'treatment_converters', 'treatment_persons') }} as treatment_lower,
        {{ wilson('upper', 'treatment_converters', 'treatment_persons') }} as treatment_upper,
        {{ wilson('lower', 'holdout_converters', 'holdout_persons') }} as holdout_lower,
        {{ wilson('upper', 'holdout_converters', 'holdout_persons') }} as holdout_upper
    from joined
),

measured as (
    select
        intervals.*,
        {{ ratio('delivered', 'sent') }} as delivery_rate,
        {{ ratio('bounced', 'sent') }} as bounce_rate,
        {{ ratio('openers', 'delivered') }} as open_rate,
        {{ ratio('openers_raw', 'delivered') }} as open_rate_raw,
        {{ ratio('clickers', 'delivered') }} as click_rate,
        {{ ratio('clickers', 'openers') }} as click_to_open_rate,
        {{ ratio('unsubscribers', 'delivered') }} as unsubscribe_rate,
        {{ ratio('complainers', 'delivered') }} as complaint_rate,
        {{ ratio('converters', 'delivered') }} as conversion_rate,
        {{ ratio('cost', 'converters') }} as cost_per_conversion,
        {{ ratio('(attributed_margin - cost)', 'cost') }} as roi,
        {{ ratio('(attributed_revenue - cost)', 'cost') }} as roi_revenue,
        {{ ratio('attributed_revenue', 'cost') }} as roas,
        {{ ratio('treatment_revenue', 'treatment_persons') }} as revenue_per_person_treatment,
        {{ ratio('holdout_revenue', 'holdout_persons') }} as revenue_per_person_holdout,
        treatment_rate - holdout_rate as incremental_lift,
        -- Newcombe (1998), method 10: the score intervals of the two arms, combined.
        treatment_rate - holdout_rate - sqrt(
            (treatment_rate - treatment_lower) * (treatment_rate - treatment_lower)
            + (holdout_upper - holdout_rate) * (holdout_upper - holdout_rate)
        ) as incremental_lift_lower,
        treatment_rate - holdout_rate + sqrt(
            (treatment_upper - treatment_rate) * (treatment_upper - treatment_rate)
            + (holdout_rate - holdout_lower) * (holdout_rate - holdout_lower)
        ) as incremental_lift_upper,
        excluded_cost_rate_missing + excluded_revenue_rate_missing + excluded_member_unknown
        + excluded_member_in_both_arms as excluded_rows,
        persons {{ is_small() }} as is_suppressed,
        treatment_persons {{ is_small() }} or holdout_persons {{ is_small() }}
            as is_lift_suppressed
    from intervals
),

final as (
    select
        campaign_id,
        campaign_name,
        channel,
        objective,
        starts_at,
        {{ campaign_figures() }},
        '{{ var("reporting_currency") }}' as currency,
        'last_touch' as attribution_model,
        case when attributed_margin is null then 'revenue' else 'margin' end as roi_basis,
        is_closed,
        is_suppressed,
        is_suppressed or is_lift_suppressed as is_lift_suppressed
    from measured
)

select * from final
