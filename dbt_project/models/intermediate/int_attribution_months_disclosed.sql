-- Grain: month of the conversion, channel and attribution model; channels with spend alone too.
-- Only months are published, and no total over channels; yet the channels of a month add up to the same
-- revenue in every model, so that what is hidden of a month is never about few. Models of one
-- channel are not shown beside one another where few persons make the difference. Revenue is about
-- those of whom the amount is known.
{%- set models = ['last_touch', 'first_touch', 'linear', 'position_based', 'time_decay', 'shapley',
                  'markov'] %}
with

credits as (
    select
        attribution.kind,
        attribution.revenue_id,
        attribution.channel,
        {{ local_month('attribution.occurred_at') }} as month_start,
        coalesce(revenue.customer_key, natural_accounts.account_key) as customer_key,
        revenue.amount is null as is_unrated,
        {%- for model in models %}
        sum(attribution.credit_{{ model }}) as credit_{{ model }},
        sum(attribution.revenue_{{ model }}) as revenue_{{ model }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_attribution') }} as attribution
    inner join {{ ref('int_revenue_events') }} as revenue
        on
            attribution.kind = revenue.kind
            and attribution.revenue_id = revenue.revenue_id
    {{ join_natural_accounts('natural_accounts', 'revenue.account_key') }}
    group by
        attribution.kind,
        attribution.revenue_id,
        attribution.channel,
        attribution.occurred_at,
        coalesce(revenue.customer_key, natural_accounts.account_key),
        revenue.amount
),

-- Whom each model tells about, and whom the difference of each two: by person first, for a set of
-- persons in each of these counts would fill the memory.
by_person as (
    select
        month_start,
        channel,
        customer_key,
        max(case when is_unrated then 1 else 0 end) as is_unrated
        {%- for model in models %},
        max(case when credit_{{ model }} > 0 then 1 else 0 end) as has_{{ model }},
        max(case when credit_{{ model }} > 0 and not is_unrated then 1 else 0 end)
            as has_rated_{{ model }}
        {%- for other in models[: loop.index0] %},
        max(case when abs(credit_{{ model }} - credit_{{ other }}) > 1e-9 then 1 else 0 end)
            as differs_{{ model }}_{{ other }}
        {%- endfor %}
        {%- endfor %}
    from credits
    where customer_key is not null
    group by month_start, channel, customer_key
),

persons as (
    select
        month_start,
        channel,
        sum(is_unrated) as unrated_persons
        {%- for model in models %},
        sum(has_{{ model }}) as persons_{{ model }},
        sum(has_rated_{{ model }}) as rated_persons_{{ model }}
        {%- for other in models[: loop.index0] %},
        sum(differs_{{ model }}_{{ other }}) as differ_{{ model }}_{{ other }}
        {%- endfor %}
        {%- endfor %}
    from by_person
    group by month_start, channel
),

sums as (
    select
        month_start,
        channel,
        sum(case when is_unrated then 1 else 0 end) as unrated
        {%- for model in models %},
        sum(credit_{{ model }}) as credit_{{ model }},
        sum(revenue_{{ model }}) as revenue_{{ model }}
        {%- endfor %}
    from credits
    group by month_start, channel
),

cells as (
    select
        sums.*,
        coalesce(persons.unrated_persons, 0) as unrated_persons
        {%- for model in models %},
        coalesce(persons.persons_{{ model }}, 0) as persons_{{ model }},
        coalesce(persons.rated_persons_{{ model }}, 0) as rated_persons_{{ model }}
        {%- for other in models[: loop.index0] %},
        coalesce(persons.differ_{{ model }}_{{ other }}, 0) as differ_{{ model }}_{{ other }}
        {%- endfor %}
        {%- endfor %}
    from sums
    left join persons on {{ same_keys('sums', 'persons', ['month_start', 'channel']) }}
),

{%- for model in models %}

judged_{{ model }} as (
    select
        *,
        persons_{{ model }} {{ is_small() }} or rated_persons_{{ model }} {{ is_small() }}
        {%- for other in models[: loop.index0] %}
        or (not is_few_{{ other }} and differ_{{ model }}_{{ other }} {{ is_small() }})
        {%- endfor %} as is_few_{{ model }}
    from {{ 'cells' if loop.first else 'judged_' ~ models[loop.index0 - 1] }}
),
{%- endfor %}

costs as (
    select
        cast({{ dbt.date_trunc('month', 'costs.cost_date') }} as date) as month_start,
        coalesce(campaigns.channel, 'campaign') as channel,
        {{ in_reporting_currency('costs.amount', 'costs.currency', 'rates') }} as amount
    from {{ ref('stg_costs') }} as costs
    {{ join_rates('rates', 'costs.currency', 'costs.cost_date') }}
    left join {{ ref('dim_campaign') }} as campaigns on costs.campaign_id = campaigns.campaign_id
    where costs.campaign_id is not null
),

spend as (
    select
        month_start,
        channel,
        case when count(*) = count(amount) then sum(amount) end as cost
    from costs
    group by month_start, channel
),

keys as (
    select
        month_start,
        channel
    from cells
    union
    select
        month_start,
        channel
    from spend
),

models as (
    {%- for model in models %}
    select
        month_start,
        channel,
        '{{ model }}' as attribution_model,
        credit_{{ model }} as credit,
        revenue_{{ model }} as revenue,
        persons_{{ model }} as persons,
        is_few_{{ model }} as is_few,
        unrated,
        unrated_persons
    from judged_{{ models[-1] }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ranked as (
    select
        *,
        coalesce(max(case when is_few then persons end) over month_model, 0) as hidden_persons,
        row_number() over (
            partition by month_start, attribution_model
            order by case when is_few or persons = 0 then 1 else 0 end, persons, channel
        ) as preference
    from models
    window month_model as (partition by month_start, attribution_model)
),

judged as (
    select
        *,
        is_few or (hidden_persons {{ is_small() }} and preference = 1) as is_suppressed
    from ranked
),

names as (
    {%- for model in models %}
    select '{{ model }}' as attribution_model {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        keys.month_start as period_start,
        {{ period_end("'month'", 'keys.month_start') }} as period_end,
        keys.channel,
        names.attribution_model,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(judged.is_suppressed, false) as is_suppressed,
        {{ is_period_closed(
            period_end("'month'", 'keys.month_start'), var('campaign_close_days')
        ) }} as is_closed,
        case when not coalesce(judged.is_suppressed, false) then coalesce(judged.credit, 0) end
            as attributed_conversions,
        case
            when judged.channel is null then 0
            when not judged.is_suppressed then judged.revenue
        end as attributed_revenue,
        spend.cost,
        case
            when judged.channel is null then {{ ratio('0', 'spend.cost') }}
            when not judged.is_suppressed then {{ ratio('judged.revenue', 'spend.cost') }}
        end as roas,
        case
            when judged.channel is null then 0
            when not judged.is_suppressed then judged.revenue
        end as roas_numerator,
        spend.cost as roas_denominator,
        case
            when judged.channel is null then 0
            when not judged.is_suppressed and not judged.unrated_persons {{ is_small() }}
                then judged.unrated
        end as excluded_rows
    from keys
    cross join names
    left join judged
        on
            keys.month_start = judged.month_start
            and keys.channel = judged.channel
            and names.attribution_model = judged.attribution_model
    left join spend on keys.month_start = spend.month_start and keys.channel = spend.channel
)

select * from final
