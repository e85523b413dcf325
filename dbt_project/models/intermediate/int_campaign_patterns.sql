-- Grain: campaign, month of the send (NULL: all time) and roles. How many recipients have the same
-- roles, and what they add to the figures; of fewer persons than may be told of also who they are,
-- as one-way hashes, to see which of them are the same. In all time a recipient counts once.
-- Attribution is placed in the month of the conversion, and adds nothing here but persons.
with

recipients as (select * from {{ ref('int_campaign_recipients') }}),

attributed as (
    select
        campaign_id,
        customer_key,
        {{ local_month('occurred_at') }} as month_start,
        max(case when amount is null then 1 else 0 end) as unrated
    from {{ ref('int_campaign_attributions') }}
    group by campaign_id, customer_key, {{ local_month('occurred_at') }}
),

attributed_persons as (
    select
        campaign_id,
        customer_key,
        max(unrated) as unrated
    from attributed
    group by campaign_id, customer_key
),

whole as (
    select
        campaign_id,
        recipient_key,
        cast(null as date) as month_start,
        {%- for name in ['sent', 'failed', 'bounced', 'opens', 'clicks', 'machine_opens',
                         'machine_clicks'] %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        max(unsubscribed) as unsubscribed,
        max(complained) as complained,
        max(converted) as converted
    from recipients
    group by campaign_id, recipient_key
),

rows_of_both as (
    select
        recipients.campaign_id,
        recipients.recipient_key,
        recipients.month_start,
        recipients.sent,
        recipients.failed,
        recipients.bounced,
        recipients.opens,
        recipients.clicks,
        recipients.machine_opens,
        recipients.machine_clicks,
        recipients.unsubscribed,
        recipients.complained,
        recipients.converted,
        0 as attributed,
        0 as unrated
    from recipients
    union all
    select
        whole.*,
        case when attributed_persons.customer_key is null then 0 else 1 end as attributed,
        coalesce(attributed_persons.unrated, 0) as unrated
    from whole
    left join attributed_persons
        on
            whole.campaign_id = attributed_persons.campaign_id
            and whole.recipient_key = attributed_persons.customer_key
    union all
    select
        campaign_id,
        customer_key as recipient_key,
        month_start,
        {%- for name in ['sent', 'failed', 'bounced', 'opens', 'clicks', 'machine_opens',
                         'machine_clicks', 'unsubscribed', 'complained', 'converted'] %}
        0 as {{ name }},
        {%- endfor %}
        1 as attributed,
        unrated
    from attributed
),

grouped as (
    select
        campaign_id,
        month_start,
        {{ campaign_roles() }} as roles,
        recipient_key,
        sent,
        failed,
        bounced,
        opens,
        clicks,
        machine_opens,
        machine_clicks
    from rows_of_both
),

final as (
    select
        campaign_id,
        month_start,
        roles,
        count(*) as recipients,
        {{ persons_if_few('recipient_key') }} as persons,
        {%- for name in ['sent', 'failed', 'bounced', 'opens', 'clicks', 'machine_opens',
                         'machine_clicks'] %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from grouped
    group by campaign_id, month_start, roles
)

select * from final
