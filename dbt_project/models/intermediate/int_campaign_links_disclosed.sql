-- Grain: campaign and link. Human clicks and who made them. Somebody may click several links, so
-- the links of a campaign add up in clicks, not in clickers.
with

clicks as (
    select
        campaign_id,
        coalesce(customer_key, event_id) as recipient_key,
        coalesce(url_path, '') as link
    from {{ ref('int_campaign_events_labelled') }}
    where event_type = 'click' and not is_machine
),

wholes as (
    select
        campaign_id,
        count(distinct recipient_key) as human_clickers
    from clicks
    group by campaign_id
),

links as (
    select
        campaign_id,
        link,
        count(*) as quantity,
        count(distinct recipient_key) as human_clickers,
        count(distinct recipient_key) as persons
    from clicks
    group by campaign_id, link
),

happened as (
    select
        links.*,
        'human_clickers' as figure,
        wholes.human_clickers - links.human_clickers as others
    from links
    inner join wholes on links.campaign_id = wholes.campaign_id
),

{{ disclosed_parts('happened', 'link', ['none'], 'others') }},

-- All clicks less the human ones are those of machines: where these are hidden, so are the clicks.
hidden_clicks as (
    select distinct campaign_id
    from {{ ref('int_campaign_disclosure') }}
    where figure in ('clicks', 'machine_clicks')
),

shown as (
    select
        parts.campaign_id,
        campaigns.channel,
        parts.link,
        campaigns.closing_month,
        campaigns.is_closed,
        parts.is_hidden as is_suppressed,
        parts.is_hidden or hidden_clicks.campaign_id is not null as hides_clicks,
        case when not parts.is_hidden then parts.human_clickers end as human_clickers,
        case when not parts.is_hidden then wholes.human_clickers end as all_clickers,
        parts.quantity
    from disclosed_parts as parts
    inner join wholes on parts.campaign_id = wholes.campaign_id
    inner join {{ ref('int_campaigns_disclosed') }} as campaigns
        on parts.campaign_id = campaigns.campaign_id
    left join hidden_clicks on parts.campaign_id = hidden_clicks.campaign_id
),

final as (
    select
        campaign_id,
        channel,
        link,
        closing_month,
        is_closed,
        is_suppressed,
        human_clickers,
        case when not hides_clicks then quantity end as clicks,
        {{ ratio_columns('click_share', 'human_clickers', 'all_clickers') }},
        case
            when is_suppressed then 'human_clickers clicks click_share'
            when hides_clicks then 'clicks'
            else ''
        end as suppressed_figures
    from shown
)

select * from final
