-- Grain: period grain, period, deal and role: due, open at the start of the period and expected to
-- close in it (with what was forecast of it and whether it slipped), or open_due, open at its end
-- (or at the run) and expected to close in it.
with

-- The calendar of each day that is expected, once: time zones are asked per day, not per state.
days as (
    select distinct expected_close_date from {{ ref('int_deal_states') }}
    where expected_close_date is not null
),

periods as (
    select
        days.expected_close_date,
        grains.period_grain,
        {{ period_start('grains.period_grain', 'days.expected_close_date') }} as period_start
    from days
    cross join {{ period_grains(['month', 'quarter', 'year']) }} as grains
),

calendar as (
    select
        *,
        {{ period_end('period_grain', 'period_start') }} as period_end,
        {{ local_midnight('period_start') }} as start_at,
        {{ local_midnight(period_end('period_grain', 'period_start')) }} as end_at,
        {{ local_month(local_midnight('expected_close_date')) }} as due_month
    from periods
),

bounded as (
    select
        states.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.start_at,
        calendar.end_at,
        calendar.due_month
    from {{ ref('int_deal_states') }} as states
    inner join calendar on states.expected_close_date = calendar.expected_close_date
),

-- Comparisons alone can be hashed: with an OR every state of a deal met those of all others.
later as (
    select
        deal_id,
        expected_close_date,
        valid_from,
        coalesce(valid_to, cast('9999-12-31' as timestamp with time zone)) as valid_to
    from {{ ref('int_deal_states') }}
),

due as (
    select
        bounded.*,
        bounded.period_start as rate_date,
        later.expected_close_date as last_expected_date,
        'due' as role
    from bounded
    left join later
        on
            bounded.deal_id = later.deal_id
            and later.valid_from < bounded.end_at
            and later.valid_to >= bounded.end_at
    where
        bounded.start_at <= {{ as_of() }}
        and bounded.started_at <= bounded.start_at
        and bounded.valid_from <= bounded.start_at
        and (bounded.start_at < bounded.valid_to or bounded.valid_to is null)
        and (bounded.start_at < bounded.decided_at or bounded.decided_at is null)
),

open_due as (
    select
        *,
        least(cast({{ dbt.dateadd('day', -1, 'period_end') }} as date), {{ local_date(as_of()) }})
            as rate_date,
        cast(null as date) as last_expected_date,
        'open_due' as role
    from bounded
    where
        started_at < end_at
        and valid_from < end_at
        and (valid_to >= end_at or valid_to is null)
        and (decided_at >= end_at or decided_at is null)
),

every_row as (
    select * from due
    union all
    select * from open_due
),

final as (
    select
        every_row.period_grain,
        every_row.period_start,
        every_row.period_end,
        every_row.role,
        every_row.deal_id,
        every_row.user_key,
        {{ natural_person('natural_accounts', 'every_row.account_key', 'every_row.customer_key') }}
            as person_key,
        every_row.due_month,
        {{ in_reporting_currency('every_row.amount', 'every_row.currency', 'rates') }} as amount,
        every_row.probability,
        coalesce(
            every_row.role = 'due'
            and (
                every_row.last_expected_date < every_row.period_start
                or every_row.last_expected_date >= every_row.period_end
            ),
            false
        ) as is_slipped
    from every_row
    {{ join_rates('rates', 'every_row.currency', 'every_row.rate_date') }}
    {{ join_natural_accounts('natural_accounts', 'every_row.account_key') }}
)

select * from final
