-- Grain: snapshot, pipeline and stage, and snapshot and pipeline (level says which). A snapshot is
-- taken at the start of every month, and at the run. A row is hidden where one of its figures, or what
-- is left without it, is about few; that of a pipeline too where one of its hidden stages together is.
-- Where all who were there at an earlier snapshot still are, or nobody came since, the two tell about
-- who came, or went: where these are few the later one is hidden, of a stage with its pipeline, and of
-- a pipeline with its stages. Source: docs/decisions/0093-two-snapshots-of-one-pipeline.md.
{%- set populations = {
    'open': 'true', 'stale': 'is_stale = 1', 'fresh': 'is_stale = 0', 'qualified': 'is_qualified = 1',
    'unqualified': 'is_qualified = 0', 'priced': 'amount is not null', 'unpriced': 'amount is null',
    'likely': 'probability is not null', 'unlikely': 'probability is null',
    'excluded': 'amount is null or probability is null',
    'sound': 'amount is not null and probability is not null',
} %}
{%- set few -%}
coalesce(
            recent.won_persons {{ is_small() }} or recent.lost_persons {{ is_small() }}
            or recent.priced_persons {{ is_small() }} or recent.timed_persons {{ is_small() }}, false
        )
{%- endset %}
with

snapshots as (
    select
        month_start as snapshot_date,
        {{ local_midnight('month_start') }} as snapshot_at
    from {{ ref('dim_date') }}
    where date_day = month_start and {{ local_midnight('month_start') }} <= {{ as_of() }}
    union all
    select
        {{ local_date(as_of()) }} as snapshot_date,
        {{ as_of() }} as snapshot_at
    where {{ local_date(as_of()) }} <> {{ local_month(as_of()) }}
),

open_deals as (
    select
        snapshots.snapshot_date,
        states.deal_id,
        states.pipeline,
        coalesce(states.stage, 'unknown') as stage,
        {{ natural_person('natural_accounts', 'states.account_key', 'states.customer_key') }}
            as person_key,
        {{ in_reporting_currency('states.amount', 'states.currency', 'rates') }} as amount,
        states.probability,
        case when states.is_qualified then 1 else 0 end as is_qualified,
        case
            when
                states.valid_from + interval '{{ var("stale_deal_days") | int }}' day
                < snapshots.snapshot_at
                then 1
            else 0
        end as is_stale
    from snapshots
    inner join {{ ref('int_deal_states') }} as states
        on
            states.started_at <= snapshots.snapshot_at
            and states.valid_from <= snapshots.snapshot_at
            and (snapshots.snapshot_at < states.valid_to or states.valid_to is null)
            and (snapshots.snapshot_at < states.decided_at or states.decided_at is null)
    {{ join_rates('rates', 'states.currency', 'snapshots.snapshot_date') }}
    {{ join_natural_accounts('natural_accounts', 'states.account_key') }}
),

levels as (
    select
        *,
        'stage' as level
    from open_deals
    union all
    select
        * replace ('' as stage),
        'pipeline' as level
    from open_deals
),

counted as (
    select
        level,
        snapshot_date,
        pipeline,
        stage,
        count(*) as open_deals,
        sum(is_stale) as stale_deals,
        sum(is_qualified) as qualified_deals,
        -- unknown where no amount is known: every row has open deals
        sum(amount) as open_amount,
        sum(cast(cast(amount as double) * probability as decimal(18, 4))) as weighted_pipeline,
        count(*) - count(amount) as excluded_amount_unknown,
        count(*) - count(probability) as excluded_probability_unknown,
        sum(case when amount is null or probability is null then 1 else 0 end) as excluded_rows
        {%- for name, condition in populations.items() %},
        count(distinct case when {{ condition }} then person_key end) as {{ name }}_persons
        {%- endfor %}
    from levels
    group by level, snapshot_date, pipeline, stage
),

measured as (
    select
        *,
        {%- for name in populations %}
        {{ 'or ' if not loop.first }}{{ name }}_persons {{ is_small() }}
        {%- endfor %} as is_about_few
    from counted
),

small_stages as (
    select
        snapshot_date,
        pipeline,
        stage
    from measured
    where level = 'stage' and is_about_few
),

-- Two snapshots of a row between which there may be few: most pairs are told apart by counting.
pairs as (
    select
        newer.level,
        newer.pipeline,
        newer.stage,
        newer.snapshot_date,
        older.snapshot_date as older_date
    from measured as newer
    inner join measured as older
        on
            {{ same_keys('newer', 'older', ['level', 'pipeline', 'stage']) }}
            and newer.snapshot_date > older.snapshot_date
            and not newer.is_about_few
            and not older.is_about_few
    where
        {%- for name in populations %}
        {{ 'or ' if not loop.first }}(
            least(newer.{{ name }}_persons, older.{{ name }}_persons) > 0
            and abs(newer.{{ name }}_persons - older.{{ name }}_persons)
            < {{ var('small_cell_k') | int }}
        )
        {%- endfor %}
),

compared as (
    select
        pairs.level,
        pairs.pipeline,
        pairs.stage,
        pairs.snapshot_date,
        pairs.older_date,
        levels.deal_id,
        max(levels.person_key) as person_key
        {%- for name, condition in populations.items() %},
        max(case when levels.snapshot_date > pairs.older_date and {{ condition }} then 1 else 0 end)
            as is_{{ name }},
        max(case when levels.snapshot_date = pairs.older_date and {{ condition }} then 1 else 0 end)
            as was_{{ name }}
        {%- endfor %}
    from pairs
    inner join levels
        on
            {{ same_keys('pairs', 'levels', ['level', 'pipeline', 'stage']) }}
            and levels.snapshot_date in (pairs.snapshot_date, pairs.older_date)
    where levels.person_key is not null
    group by
        pairs.level, pairs.pipeline, pairs.stage, pairs.snapshot_date, pairs.older_date, levels.deal_id
),

changed as (
    select
        level,
        snapshot_date,
        pipeline,
        stage
        {%- for name in populations %},
        max(is_{{ name }} * was_{{ name }}) as stayed_{{ name }},
        count(distinct case when is_{{ name }} > was_{{ name }} then person_key end)
            as came_{{ name }},
        count(distinct case when was_{{ name }} > is_{{ name }} then person_key end)
            as went_{{ name }}
        {%- endfor %}
    from compared
    group by level, snapshot_date, pipeline, stage, older_date
),

nested as (
    select distinct
        level,
        snapshot_date,
        pipeline,
        stage
    from changed
    where
        {%- for name in populations %}
        {{ 'or ' if not loop.first }}(
            stayed_{{ name }} = 1
            and least(came_{{ name }}, went_{{ name }}) = 0
            and greatest(came_{{ name }}, went_{{ name }}) {{ is_small() }}
        )
        {%- endfor %}
),

nested_pipelines as (
    select
        snapshot_date,
        pipeline,
        max(case when level = 'pipeline' then 1 else 0 end) = 1 as hides_stages
    from nested
    group by snapshot_date, pipeline
),

hidden_parts as (
    select
        open_deals.snapshot_date,
        open_deals.pipeline,
        {{ is_small_anywhere(populations) }} as is_about_few
    from open_deals
    inner join small_stages
        on {{ same_keys('open_deals', 'small_stages', ['snapshot_date', 'pipeline', 'stage']) }}
    group by open_deals.snapshot_date, open_deals.pipeline
),

-- Won and lost in the trailing 90 days before the snapshot.
recent as (
    select
        snapshots.snapshot_date,
        coalesce(deals.pipeline, 'unknown') as pipeline,
        sum(case when deals.outcome = 'won' then 1 else 0 end) as won,
        count(*) as closed,
        avg(case when deals.outcome = 'won' then cast(deals.amount as double) end) as mean_amount,
        {{ percentile("case when deals.outcome = 'won' then deals.cycle_days end", 0.5) }}
            as median_days,
        count(distinct case when deals.outcome = 'won' then deals.person_key end) as won_persons,
        count(
            distinct case
                when deals.outcome = 'won' and deals.amount is not null then deals.person_key
            end
        ) as priced_persons,
        count(
            distinct case
                when deals.outcome = 'won' and deals.cycle_days is not null then deals.person_key
            end
        ) as timed_persons,
        count(distinct case when deals.outcome = 'lost' then deals.person_key end) as lost_persons
    from snapshots
    inner join {{ ref('int_sales_contributions') }} as deals
        on
            deals.role = 'closed'
            and deals.closed_at < snapshots.snapshot_at
            and deals.closed_at >= snapshots.snapshot_at - interval '90' day
    group by snapshots.snapshot_date, coalesce(deals.pipeline, 'unknown')
),

joined as (
    select
        measured.*,
        case when measured.level = 'pipeline' and {{ few }} then 'pipeline_velocity' else '' end
            as suppressed_figures,
        case
            when measured.level = 'pipeline' and not {{ few }}
                then cast(measured.qualified_deals as double)
                    * {{ ratio('recent.won', 'recent.closed') }} * recent.mean_amount
        end as pipeline_velocity_numerator,
        case
            when measured.level = 'pipeline' and not {{ few }}
                then recent.median_days
        end as pipeline_velocity_denominator,
        measured.is_about_few
        or (measured.level = 'pipeline' and coalesce(hidden_parts.is_about_few, false))
        or (nested_pipelines.pipeline is not null and measured.level = 'pipeline')
        or coalesce(nested_pipelines.hides_stages, false)
        or nested.pipeline is not null as is_suppressed
    from measured
    left join recent on {{ same_keys('measured', 'recent', ['snapshot_date', 'pipeline']) }}
    left join hidden_parts
        on {{ same_keys('measured', 'hidden_parts', ['snapshot_date', 'pipeline']) }}
    left join nested_pipelines
        on {{ same_keys('measured', 'nested_pipelines', ['snapshot_date', 'pipeline']) }}
    left join nested
        on {{ same_keys('measured', 'nested', ['level', 'snapshot_date', 'pipeline', 'stage']) }}
),

figured as (
    select
        *,
        {{ ratio('pipeline_velocity_numerator', 'pipeline_velocity_denominator') }}
            as pipeline_velocity
    from joined
),

final as (
    select
        level,
        snapshot_date,
        pipeline,
        stage,
        '{{ var("reporting_currency") }}' as currency,
        is_suppressed,
        snapshot_date = {{ 'cast(' ~ dbt.date_trunc('month', 'snapshot_date') ~ ' as date)' }}
        and {{ is_period_closed('snapshot_date', var('period_close_days')) }} as is_closed,
        {{ disclosed_figures(pipeline_measure_types(), 'figured', 'is_suppressed') }}
    from figured
)

select * from final
