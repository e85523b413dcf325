-- Grain: month, kind of segment and segment, after suppression. Every kind divides the same persons,
-- so that one hidden segment could be had by the others: two are hidden at least, about k persons.
-- A segment that differs by few from one it lies in, of the month or the month before, is hidden; so
-- is the sum of a kind where it differs by few from that of any month before. Orders, margins and
-- values have few persons behind them where most members have none: they are hidden apart.
{%- set contributors = {
    'orders': 'orders_365_days > 0', 'margin': 'margins_365_days > 0', 'clv': 'clv is not null'
} %}
{%- set kinds = ['rfm', 'clv_band', 'lifecycle', 'churn'] %}
with

months as (select * from {{ ref('int_customer_months') }}),

-- Persons who stood alike in a month and in the one before: far fewer than persons.
patterns as (
    select
        now.period_start,
        now.is_due,
        earlier.period_start as earlier_start,
        {%- for kind in kinds %}
        now.{{ kind }},
        earlier.{{ kind }} as earlier_{{ kind }},
        {%- endfor %}
        count(*) as persons,
        -- by all that tells them apart, so that a pattern has one number wherever it is asked for
        row_number() over (
            order by
                now.period_start, earlier.period_start
                {%- for kind in kinds %}, now.{{ kind }}, earlier.{{ kind }}{% endfor %}
        ) as pattern
    from months as now
    left join months as earlier
        on
            now.customer_key = earlier.customer_key
            and earlier.period_start
            = cast({{ dbt.dateadd('month', -1, 'now.period_start') }} as date)
    group by
        now.period_start, now.is_due, earlier.period_start
        {%- for kind in kinds %}, now.{{ kind }}, earlier.{{ kind }}{% endfor %}
),

members as (
    {%- for kind in kinds %}
    select
        pattern,
        persons,
        period_start,
        is_due,
        '{{ kind }}' as segment_kind,
        {{ kind }} as segment
    from patterns
    where {{ kind }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

others as (
    select
        pattern,
        period_start,
        segment_kind,
        segment
    from members
    {%- for kind in kinds %}
    union all
    select
        pattern,
        earlier_start as period_start,
        '{{ kind }}' as segment_kind,
        earlier_{{ kind }} as segment
    from patterns
    where earlier_{{ kind }} is not null
    {%- endfor %}
),

cells as (
    select
        period_start,
        is_due,
        segment_kind,
        segment,
        sum(persons) as persons
    from members
    group by period_start, is_due, segment_kind, segment
),

-- The later one, or the smaller one of a month, of two cells of which one lies in the other.
nested as (
    select
        victims.period_start,
        victims.segment_kind,
        victims.segment
    from members as victims
    inner join others on victims.pattern = others.pattern
    inner join cells as victim_cells
        on {{ same_keys('victims', 'victim_cells', ['period_start', 'segment_kind', 'segment']) }}
    inner join cells as other_cells
        on {{ same_keys('others', 'other_cells', ['period_start', 'segment_kind', 'segment']) }}
    where
        victims.is_due
        and (
            victims.period_start <> others.period_start
            or victim_cells.persons < other_cells.persons
        )
    group by
        victims.period_start, victims.segment_kind, victims.segment, victim_cells.persons,
        others.period_start, others.segment_kind, others.segment, other_cells.persons
    having
        (
            sum(victims.persons) = victim_cells.persons
            and other_cells.persons - sum(victims.persons) {{ is_small() }}
        )
        or (
            sum(victims.persons) = other_cells.persons
            and victim_cells.persons - sum(victims.persons) {{ is_small() }}
        )
),

hidden as (select distinct * from nested),

firsts as (
    select
        customer_key,
        min(purchase_date) as first_date
    from {{ ref('int_customer_purchase_days') }}
    group by customer_key
),

-- Whoever has bought stays in the whole of every month since; the sealed ones are not in cells.
grown as (
    select
        cast({{ dbt.date_trunc('month', 'first_date') }} as date) as period_start,
        sum(count(*)) over (
            order by cast({{ dbt.date_trunc('month', 'first_date') }} as date)
        ) as persons
    from firsts
    group by cast({{ dbt.date_trunc('month', 'first_date') }} as date)
),

wholes as (
    select
        period_start,
        count(*) as persons
    from months
    where is_due
    group by period_start
),

few_wholes as (
    select distinct wholes.period_start
    from wholes
    inner join grown on wholes.period_start > grown.period_start
    where wholes.persons - grown.persons {{ is_small() }}
),

-- Of a month whose whole must not be had no kind may be shown without two hidden segments.
flagged as (
    select
        cells.*,
        cells.persons {{ is_small() }} or hidden.segment is not null as is_hidden,
        few_wholes.period_start is not null as is_whole_hidden
    from cells
    left join hidden
        on {{ same_keys('cells', 'hidden', ['period_start', 'segment_kind', 'segment']) }}
    left join few_wholes on cells.period_start = few_wholes.period_start
    where cells.is_due
),

ranked as (
    select
        *,
        sum(case when is_hidden then persons else 0 end)
            over (partition by period_start, segment_kind) as hidden_persons,
        sum(case when is_hidden then 1 else 0 end)
            over (partition by period_start, segment_kind) as hidden_segments,
        row_number() over (
            partition by period_start, segment_kind, is_hidden order by persons, segment
        ) as preference
    from flagged
),

measured as (
    {%- for kind in kinds %}
    select
        period_start,
        period_end,
        '{{ kind }}' as segment_kind,
        {{ kind }} as segment,
        count(*) as customers,
        sum(orders_365_days) as orders_365_days,
        sum(margin_365_days) as margin_365_days,
        sum(clv) as clv,
        {%- for figure, condition in contributors.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ figure }}_persons{{ ',' if not loop.last }}
        {%- endfor %}
    from months
    where is_due and {{ kind }} is not null
    group by period_start, period_end, {{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

decided as (
    select
        measured.*,
        ranked.is_hidden
        or (
            (ranked.hidden_segments = 1 or ranked.hidden_persons {{ is_small() }})
            and ranked.preference = 1
        )
        or (ranked.is_whole_hidden and ranked.hidden_segments = 0 and ranked.preference <= 2)
            as is_suppressed
    from measured
    inner join ranked
        on {{ same_keys('measured', 'ranked', ['period_start', 'segment_kind', 'segment']) }}
),

-- A figure of a segment that is shown is hidden where few contribute to it, or all but few do.
contributed as (
    select
        *,
        {%- for figure in contributors %}
        is_suppressed or {{ figure }}_persons {{ is_small() }}
        or customers - {{ figure }}_persons {{ is_small() }} as is_{{ figure }}_few
        {{ ',' if not loop.last }}
        {%- endfor %}
    from decided
),

-- Every kind adds up to the same whole: what is hidden of one is not about few together.
contributions as (
    select
        *,
        {%- for figure in contributors %}
        sum(case when is_{{ figure }}_few then {{ figure }}_persons else 0 end) over (
            partition by period_start, segment_kind
        ) as {{ figure }}_hidden_persons,
        row_number() over (
            partition by period_start, segment_kind
            order by
                case when is_{{ figure }}_few or {{ figure }}_persons = 0 then 1 else 0 end,
                {{ figure }}_persons, segment
        ) as {{ figure }}_preference{{ ',' if not loop.last }}
        {%- endfor %}
    from contributed
),

hiding as (
    select
        *,
        {%- for figure in contributors %}
        is_{{ figure }}_few
        or ({{ figure }}_hidden_persons {{ is_small() }} and {{ figure }}_preference = 1)
            as hides_{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from contributions
),

figured as (
    select
        period_start,
        period_end,
        segment_kind,
        segment,
        customers,
        is_suppressed,
        hides_orders or hides_margin or hides_clv as is_partly_suppressed,
        case when not hides_orders then orders_365_days end as orders_365_days,
        case when not (hides_orders or hides_margin) then margin_365_days end as margin_365_days,
        case when not hides_clv then clv end as clv
    from hiding
)

select
    period_start,
    period_end,
    segment_kind,
    segment,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed,
    is_partly_suppressed,
    {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
    {{ disclosed_figures(segment_types(), 'figured', 'is_suppressed') }}
from figured
