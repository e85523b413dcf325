-- Grain: campaign, those without sends or conversions too. What may be shown of it, and whether
-- the month of its last send has closed.
with

campaigns as (select * from {{ ref('dim_campaign') }}),

recipients as (
    select
        campaign_id,
        {{ campaign_counts('patterns') }}
    from {{ ref('int_campaign_patterns') }} as patterns
    where month_start is null
    group by campaign_id
),

last_sends as (
    select
        campaign_id,
        max(month_start) as month_start
    from {{ ref('int_campaign_patterns') }}
    where sent > 0
    group by campaign_id
),

costs as (select * from {{ ref('int_campaign_costs') }}),

attributed as (
    select
        campaign_id,
        count(*) as attributed_conversions,
        count(*) - count(amount) as attributed_without_rate,
        sum(amount) as attributed_revenue,
        case when count(*) = count(margin) then sum(margin) end as attributed_margin
    from {{ ref('int_campaign_attributions') }}
    group by campaign_id
),

arms as (select * from {{ ref('int_campaign_arms') }}),

members as (
    select
        campaign_id,
        count(distinct customer_key) as known_members,
        sum(case when customer_key is null then 1 else 0 end) as members_unknown
    from {{ ref('stg_campaign_members') }}
    group by campaign_id
),

hidden as (
    {{ hidden_by_key(['campaign_id'], campaign_hidden_names()) }}
),

joined as (
    select
        campaigns.campaign_id,
        campaigns.name as campaign_name,
        campaigns.channel,
        campaigns.objective,
        campaigns.starts_at,
        coalesce(
            last_sends.month_start,
            {{ local_month('coalesce(campaigns.ends_at, campaigns.starts_at)') }}
        ) as closing_month,
        {%- for name in ['sent', 'bounced', 'opens', 'clicks', 'machine_opens', 'machine_clicks',
                         'delivered', 'openers', 'openers_raw', 'clickers', 'unsubscribers',
                         'complainers', 'converters'] %}
        coalesce(recipients.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        costs.cost,
        coalesce(costs.costs_without_rate, 0) as costs_without_rate,
        coalesce(attributed.attributed_conversions, 0) as attributed_conversions,
        coalesce(attributed.attributed_without_rate, 0) as attributed_without_rate,
        {%- for name in ['attributed_revenue', 'attributed_margin'] %}
        case when attributed.campaign_id is null then 0 else attributed.{{ name }} end
            as {{ name }},
        {%- endfor %}
        coalesce(arms.treatment_persons, 0) as treatment_persons,
        coalesce(arms.holdout_persons, 0) as holdout_persons,
        arms.treatment_converters,
        arms.holdout_converters,
        arms.treatment_revenue,
        arms.holdout_revenue,
        {%- for figure in ['sent', 'delivered', 'converters'] %}
        coalesce(arms.{{ figure }}_beside_treatment, 0) as {{ figure }}_beside_treatment,
        {%- endfor %}
        case when not coalesce(members.members_unknown, 0) {{ is_small() }}
            then coalesce(members.members_unknown, 0) end as members_unknown,
        coalesce(members.known_members, 0) - coalesce(arms.treatment_persons, 0)
        - coalesce(arms.holdout_persons, 0) as members_in_both_arms
        {%- for name in campaign_hidden_names() %},
        hidden.hides_{{ name }}
        {%- endfor %}
    from campaigns
    {%- for name in ['recipients', 'last_sends', 'costs', 'attributed', 'arms', 'members',
                     'hidden'] %}
    left join {{ name }} on campaigns.campaign_id = {{ name }}.campaign_id
    {%- endfor %}
),

intervals as (
    select
        joined.*,
        {{ ratio('treatment_converters', 'treatment_persons') }} as treatment_rate,
        {{ ratio('holdout_converters', 'holdout_persons') }} as holdout_rate,
        {{ wilson('lower', 'treatment_converters', 'treatment_persons') }} as treatment_lower,
        {{ wilson('upper', 'treatment_converters', 'treatment_persons') }} as treatment_upper,
        {{ wilson('lower', 'holdout_converters', 'holdout_persons') }} as holdout_lower,
        {{ wilson('upper', 'holdout_converters', 'holdout_persons') }} as holdout_upper,
        -- Each set of persons that a figure of the arms is about, apart.
        treatment_persons {{ is_small() }} or holdout_persons {{ is_small() }}
        or members_in_both_arms {{ is_small() }}
        or coalesce(treatment_converters, 0) {{ is_small() }}
        or coalesce(holdout_converters, 0) {{ is_small() }}
        or treatment_persons - coalesce(treatment_converters, 0) {{ is_small() }}
        or holdout_persons - coalesce(holdout_converters, 0) {{ is_small() }}
        -- Whom the difference with a figure of the same row is about.
        or sent_beside_treatment {{ is_small() }}
        or delivered_beside_treatment {{ is_small() }}
        or converters_beside_treatment {{ is_small() }}
        or coalesce(hides_sent, false) as is_lift_suppressed
    from joined
),

measured as (
    select
        intervals.*,
        -- Newcombe (1998), method 10: the score intervals of the two arms, combined.
        treatment_rate - holdout_rate - sqrt(
            (treatment_rate - treatment_lower) * (treatment_rate - treatment_lower)
            + (holdout_upper - holdout_rate) * (holdout_upper - holdout_rate)
        ) as incremental_lift_lower,
        treatment_rate - holdout_rate + sqrt(
            (treatment_upper - treatment_rate) * (treatment_upper - treatment_rate)
            + (holdout_rate - holdout_lower) * (holdout_rate - holdout_lower)
        ) as incremental_lift_upper,
        {{ period_end("'month'", 'closing_month') }} as period_end
    from intervals
),

final as (
    select
        campaign_id,
        campaign_name,
        channel,
        objective,
        starts_at,
        closing_month,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(hides_sent, false) as is_suppressed,
        {{ is_period_closed('period_end', var('campaign_close_days')) }} as is_closed,
        {{ figures_where_shown(campaign_figures() + campaign_exclusions()) }}
            as suppressed_figures,
        case
            when not is_lift_suppressed and not {{ is_any_hidden(['excluded_revenue_rate_missing']) }}
                then costs_without_rate + attributed_without_rate + members_unknown
                + members_in_both_arms
        end as excluded_rows,
        {%- for name, expression, type in arm_figures() %}
        cast(case when not is_lift_suppressed then {{ expression }} end as {{ type }}) as {{ name }},
        {%- endfor %}
        is_lift_suppressed,
        'last_touch' as attribution_model,
        case
            when {{ is_any_hidden(['attributed_conversions']) }} then null
            when attributed_margin is null then 'revenue'
            else 'margin'
        end as roi_basis
    from measured
)

select * from final
