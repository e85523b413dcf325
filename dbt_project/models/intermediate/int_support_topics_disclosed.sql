-- Grain: month and topic. What may be shown of each, beside the month as a whole; only months are cut
-- by a topic.
{%- set figures = support_figures() %}
with

contributions as (
    select
        *,
        topic as slice,
        'month' as period_grain
    from {{ ref('int_support_contributions') }}
    where month_start is not null
),

measured as (
    select
        month_start,
        slice,
        {{ period_end("'month'", 'month_start') }} as period_end,
        {{ support_measures() }}
    from contributions
    group by month_start, slice
),

hidden_months as (
    {{ hidden_months(figures, ref('int_support_suppressed_periods')) }}
),

{{ persons_of_figures(figures, 'contributions', ['month_start', 'slice']) }},

{{ hidden_slices('persons', 'hidden_months') }},

hidden as (
    {{ hidden_figures(figures, 'hidden_slices', ['month_start', 'slice']) }}
),

final as (
    select
        measured.month_start as period_start,
        measured.period_end,
        measured.slice as topic,
        {{ is_period_closed('measured.period_end', var('support_close_days')) }} as is_closed,
        {{ disclosed_columns(figures, support_measure_types(), 'measured', 'hidden') }}
    from measured
    left join hidden on {{ same_keys('measured', 'hidden', ['month_start', 'slice']) }}
)

select * from final
