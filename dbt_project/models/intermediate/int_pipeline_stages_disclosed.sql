-- Grain: month, pipeline and stage. Only months are published of what is cut by a stage, and no
-- total over stages, so that no cell can be had by subtraction; a row is hidden where
-- one of its figures, or what is left without it, is about few.
with

entries as (
    select
        stages.*,
        {{ local_month('stages.entered_at') }} as period_start,
        {{ natural_person('natural_accounts', 'stages.account_key', 'stages.customer_key') }}
            as person_key,
        case when not stages.is_censored then 1 else 0 end as is_decided
    from {{ ref('fct_deal_stages') }} as stages
    {{ join_natural_accounts('natural_accounts', 'stages.account_key') }}
    where not stages.is_closing and stages.entered_at is not null
),

measured as (
    select
        period_start,
        pipeline,
        stage,
        count(*) as entries,
        {{ ratio_columns(
            'stage_conversion', 'sum(case when has_advanced then 1 else 0 end)', 'sum(is_decided)'
        ) }},
        count(*) - sum(is_decided) as censored,
        {{ percentile('days_in_stage', 0.5) }} as days_in_stage_median,
        count(days_in_stage) as days_in_stage_entries,
        count(exclusion_reason) as excluded_rows,
        count(distinct case when has_advanced then person_key end) as advanced_persons,
        count(distinct case when is_decided = 1 and not has_advanced then person_key end)
            as stopped_persons,
        count(distinct case when is_decided = 0 then person_key end) as censored_persons,
        count(distinct case when days_in_stage is not null then person_key end) as timed_persons,
        count(distinct case when days_in_stage is null then person_key end) as untimed_persons,
        count(distinct case when exclusion_reason is not null then person_key end) as excluded_persons,
        count(distinct case when exclusion_reason is null then person_key end) as sound_persons
    from entries
    group by period_start, pipeline, stage
),

flagged as (
    select
        *,
        {{ period_end("'month'", 'period_start') }} as period_end,
        advanced_persons {{ is_small() }} or stopped_persons {{ is_small() }}
        or censored_persons {{ is_small() }} or timed_persons {{ is_small() }}
        or untimed_persons {{ is_small() }} or excluded_persons {{ is_small() }}
        or sound_persons {{ is_small() }} as is_suppressed
    from measured
),

final as (
    select
        period_start,
        period_end,
        pipeline,
        stage,
        is_suppressed,
        {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
        {{ disclosed_figures(stage_measure_types(), 'flagged', 'is_suppressed') }}
    from flagged
)

select * from final
