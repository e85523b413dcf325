-- Grain: entry of a deal into a stage, numbered. Once more into the stage in which it is, is no
-- entry. A deal without a history has one, into the stage in which it is. Reached a later stage:
-- was won, or came into an open stage further on.
with

deals as (select * from {{ ref('stg_deals') }}),

changes as (
    select
        deal_id,
        value as stage,
        changed_at as entered_at,
        change_id,
        lag(value) over (partition by deal_id order by changed_at, change_id) as stage_before
    from {{ ref('stg_deal_changes') }}
    where field = 'stage' and changed_at <= {{ as_of() }}
),

known as (select distinct deal_id from changes),

logged as (
    select
        deal_id,
        stage,
        entered_at,
        change_id
    from changes
    where stage_before is null or stage_before <> stage
    union all
    select
        deals.deal_id,
        deals.stage,
        case
            when deals.outcome in ('won', 'lost') then deals.closed_at
            else coalesce(deals.engaged_at, deals.created_at)
        end as entered_at,
        '' as change_id
    from deals
    left join known on deals.deal_id = known.deal_id
    where known.deal_id is null
),

stages as (
    select
        source,
        pipeline,
        stage,
        max(position) as position,
        max(case when is_closed then 1 else 0 end) as is_closed
    from {{ ref('stg_pipeline_stages') }}
    group by source, pipeline, stage
),

entries as (
    select
        deals.deal_id,
        deals.source,
        deals.account_key,
        deals.customer_key,
        deals.user_key,
        coalesce(deals.pipeline, 'unknown') as pipeline,
        logged.stage,
        coalesce(deals.outcome, 'open') as outcome,
        deals.closed_at,
        logged.entered_at,
        row_number() over entered as entry_number,
        lead(logged.entered_at) over entered as next_at,
        stages.position,
        coalesce(
            stages.is_closed = 1,
            coalesce(deals.outcome, 'open') <> 'open'
            and logged.stage = deals.stage
            and lead(logged.stage) over entered is null
        ) as is_closing
    from logged
    inner join deals on logged.deal_id = deals.deal_id
    left join stages
        on
            deals.source = stages.source
            and deals.pipeline = stages.pipeline
            and logged.stage = stages.stage
    window entered as (
        partition by deals.deal_id order by logged.entered_at nulls last, logged.change_id
    )
),

furthest as (
    select
        *,
        max(case when not is_closing then position end) over (
            partition by deal_id order by entry_number
            rows between 1 following and unbounded following
        ) as furthest_position
    from entries
),

left_behind as (
    select
        *,
        case
            when is_closing then null
            when next_at is not null then next_at
            when outcome <> 'open' then closed_at
        end as left_at
    from furthest
),

final as (
    select
        deal_id,
        cast(entry_number as integer) as entry_number,
        source,
        account_key,
        customer_key,
        user_key,
        pipeline,
        stage,
        outcome,
        entered_at,
        left_at,
        is_closing,
        not is_closing and coalesce(outcome = 'won' or furthest_position > position, false)
            as has_advanced,
        not is_closing
        and outcome = 'open'
        and not coalesce(furthest_position > position, false) as is_censored,
        case
            when left_at >= entered_at then {{ elapsed('day', 'entered_at', 'left_at') }}
        end as days_in_stage,
        case
            when entered_at is null then 'entry_undated'
            when left_at < entered_at then 'closed_before_entry'
        end as exclusion_reason
    from left_behind
)

select * from final
