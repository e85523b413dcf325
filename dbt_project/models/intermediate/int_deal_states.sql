-- Grain: deal and instant from which a state of it is in force. What a deal was at any instant, as
-- its history tells it up to the run: stage, amount and day it is expected to close. Before the
-- first word of its history on one of these it was what that word says; without any, what it is.
with

deals as (
    select
        *,
        coalesce(created_at, engaged_at) as started_at
    from {{ ref('stg_deals') }}
),

changes as (
    select
        deal_id,
        changed_at,
        change_id,
        {{ change_value('field', 'stage', 'value') }} as stage,
        {{ change_value('field', 'amount', 'try_cast(value as decimal(18, 4))') }} as amount,
        {{ change_value('field', 'expected_close_at', 'try_cast(substr(value, 1, 10) as date)') }}
            as expected_close_date
    from {{ ref('stg_deal_changes') }}
    where changed_at <= {{ as_of() }}
),

-- Of several words at one instant the last one counts.
ordered as (
    select
        deal_id,
        changed_at,
        row_number() over (partition by deal_id, changed_at order by change_id desc) as recency,
        {%- for name in ['stage', 'amount', 'expected_close_date'] %}
        last_value({{ name }} ignore nulls) over (
            partition by deal_id order by changed_at, change_id
            rows between unbounded preceding and current row
        ) as {{ name }},
        first_value({{ name }} ignore nulls) over (
            partition by deal_id order by changed_at, change_id
            rows between unbounded preceding and unbounded following
        ) as first_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changes
),

moments as (
    select
        deal_id,
        changed_at as valid_from,
        coalesce(stage, first_stage) as stage,
        coalesce(amount, first_amount) as amount,
        coalesce(expected_close_date, first_expected_close_date) as expected_close_date
    from ordered
    where recency = 1
),

first_words as (
    select
        deal_id,
        min(changed_at) as changed_at,
        max(first_stage) as first_stage,
        max(first_amount) as first_amount,
        max(first_expected_close_date) as first_expected_close_date
    from ordered
    group by deal_id
),

-- The state in which a deal began, where its history does not begin at or before it.
beginnings as (
    select
        deals.deal_id,
        deals.started_at as valid_from,
        first_words.first_stage as stage,
        first_words.first_amount as amount,
        first_words.first_expected_close_date as expected_close_date
    from deals
    left join first_words on deals.deal_id = first_words.deal_id
    where
        deals.started_at is not null
        and (first_words.changed_at is null or deals.started_at < first_words.changed_at)
),

states as (
    select * from moments
    union all
    select * from beginnings
),

stages as (
    select
        source,
        pipeline,
        stage,
        max(position) as position,
        max(probability) as probability,
        max(case when is_qualified then 1 else 0 end) = 1 as is_qualified,
        max(case when is_closed then 1 else 0 end) = 1 as is_closed
    from {{ ref('stg_pipeline_stages') }}
    group by source, pipeline, stage
),

final as (
    select
        deals.deal_id,
        deals.account_key,
        deals.customer_key,
        deals.user_key,
        coalesce(deals.pipeline, 'unknown') as pipeline,
        coalesce(states.stage, case when deals.decided_at is null then deals.stage end) as stage,
        coalesce(states.amount, deals.amount) as amount,
        deals.currency,
        coalesce(states.expected_close_date, {{ local_date('deals.expected_close_at') }})
            as expected_close_date,
        coalesce(
            stages.probability,
            case
                when coalesce(states.stage, deals.stage) = deals.stage and deals.decided_at is null
                    then deals.probability
            end
        ) as probability,
        stages.is_qualified,
        states.valid_from,
        lead(states.valid_from) over (partition by deals.deal_id order by states.valid_from)
            as valid_to,
        deals.started_at,
        deals.decided_at
    from (
        select
            *,
            case when outcome in ('won', 'lost') then closed_at end as decided_at
        from deals
        where
            coalesce(outcome, 'open') = 'open'
            or closed_at >= started_at
    ) as deals
    inner join states on deals.deal_id = states.deal_id
    left join stages
        on
            deals.source = stages.source
            and deals.pipeline = stages.pipeline
            and coalesce(states.stage, case when deals.decided_at is null then deals.stage end)
            = stages.stage
    where deals.started_at <= {{ as_of() }}
)

select * from final
