{# Whatever can be hidden of a campaign or of a period of campaigns. #}
{% macro campaign_hidden_names() -%}
{{ return([
    'sent', 'delivered', 'human_openers', 'human_clickers', 'converters',
    'attributed_conversions', 'attributed_revenue', 'unsubscribers', 'open_rate_raw_numerator',
    'bounced', 'complainers',
    'opens', 'machine_opens', 'clicks', 'machine_clicks', 'excluded_revenue_rate_missing'
]) }}
{%- endmacro %}

{# Figures of campaigns: name, expression, type, and which of the names above hide it. #}
{% macro campaign_figures() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{%- set figures = [] -%}
{%- for name, column in [
    ('sent', 'sent'), ('delivered', 'delivered'), ('bounced', 'bounced'), ('opens', 'opens'),
    ('clicks', 'clicks'), ('machine_opens', 'machine_opens'), ('machine_clicks', 'machine_clicks'),
    ('human_openers', 'openers'), ('human_clickers', 'clickers'),
    ('unsubscribers', 'unsubscribers'), ('complainers', 'complainers'), ('converters', 'converters')
] -%}
    {%- do figures.append((name, column, count, [name])) -%}
{%- endfor -%}
{%- for name, numerator, denominator, needs in [
    ('delivery_rate', 'delivered', 'sent', ['delivered', 'sent']),
    ('bounce_rate', 'bounced', 'sent', ['bounced', 'sent']),
    ('open_rate', 'openers', 'delivered', ['human_openers', 'delivered']),
    ('open_rate_raw', 'openers_raw', 'delivered', ['open_rate_raw_numerator', 'delivered']),
    ('click_rate', 'clickers', 'delivered', ['human_clickers', 'delivered']),
    ('click_to_open_rate', 'clickers', 'openers', ['human_clickers', 'human_openers']),
    ('unsubscribe_rate', 'unsubscribers', 'delivered', ['unsubscribers', 'delivered']),
    ('complaint_rate', 'complainers', 'delivered', ['complainers', 'delivered']),
    ('conversion_rate', 'converters', 'delivered', ['converters', 'delivered'])
] -%}
    {%- do figures.extend([
        (name, ratio(numerator, denominator), rate, needs),
        (name ~ '_numerator', numerator, count, [needs[0]]),
        (name ~ '_denominator', denominator, count, [needs[1]])
    ]) -%}
{%- endfor -%}
{%- do figures.append(('cost', 'cost', money, [])) -%}
{#- Revenue is about those of whom the amount is known. -#}
{%- set of_revenue = ['attributed_conversions', 'attributed_revenue'] -%}
{%- do figures.extend([
    ('attributed_conversions', 'attributed_conversions', count, ['attributed_conversions']),
    ('attributed_revenue', 'attributed_revenue', money, of_revenue),
    ('attributed_margin', 'attributed_margin', money, ['attributed_conversions'])
]) -%}
{%- for name, numerator, denominator, needs, type in [
    ('cost_per_conversion', 'cost', 'converters', ['converters'], count),
    ('roi', 'attributed_margin - cost', 'cost', ['attributed_conversions'], money),
    ('roi_revenue', 'attributed_revenue - cost', 'cost', of_revenue, money),
    ('roas', 'attributed_revenue', 'cost', of_revenue, money)
] -%}
    {%- do figures.extend([
        (name, ratio('(' ~ numerator ~ ')', denominator), rate, needs),
        (name ~ '_numerator', numerator, money, [] if numerator == 'cost' else needs),
        (name ~ '_denominator', denominator, type, [] if denominator == 'cost' else needs)
    ]) -%}
{%- endfor -%}
{{ return(figures) }}
{%- endmacro %}

{# The two arms of an experiment: name, expression and type; hidden together. #}
{% macro arm_figures() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{{ return([
    ('excluded_member_in_both_arms', 'members_in_both_arms', count),
    ('treatment_persons', 'treatment_persons', count),
    ('holdout_persons', 'holdout_persons', count),
    ('treatment_conversion_rate', 'treatment_rate', rate),
    ('treatment_conversion_rate_numerator', 'treatment_converters', count),
    ('treatment_conversion_rate_denominator', 'treatment_persons', count),
    ('holdout_conversion_rate', 'holdout_rate', rate),
    ('holdout_conversion_rate_numerator', 'holdout_converters', count),
    ('holdout_conversion_rate_denominator', 'holdout_persons', count),
    ('incremental_lift', 'treatment_rate - holdout_rate', rate),
    ('incremental_lift_lower', 'incremental_lift_lower', rate),
    ('incremental_lift_upper', 'incremental_lift_upper', rate),
    ('revenue_per_person_treatment', ratio('treatment_revenue', 'treatment_persons'), rate),
    ('revenue_per_person_treatment_numerator', 'treatment_revenue', money),
    ('revenue_per_person_treatment_denominator', 'treatment_persons', count),
    ('revenue_per_person_holdout', ratio('holdout_revenue', 'holdout_persons'), rate),
    ('revenue_per_person_holdout_numerator', 'holdout_revenue', money),
    ('revenue_per_person_holdout_denominator', 'holdout_persons', count),
    ('incremental_revenue_per_person',
        ratio('treatment_revenue', 'treatment_persons') ~ ' - '
        ~ ratio('holdout_revenue', 'holdout_persons'), rate)
]) }}
{%- endmacro %}

{# What has been hidden where, a column per name; keys: of the row. #}
{% macro hidden_by_key(keys, names) -%}
    select
        {{ keys | join(', ') }}
        {%- for name in names %},
        max(case when figure = '{{ name }}' then 1 else 0 end) = 1 as hides_{{ name }}
        {%- endfor %}
    from {{ ref('int_campaign_disclosure') }}
    where {{ keys[0] }} is not null
    group by {{ keys | join(', ') }}
{%- endmacro %}

{% macro is_any_hidden(needs) -%}
({% for name in needs %}coalesce(hides_{{ name }}, false){{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# Figures of (name, expression, type, needs) as columns, and the names of those that are hidden. #}
{% macro figures_where_shown(figures) -%}
        {%- for name, expression, type, needs in figures %}
        {%- if needs %}
        cast(case when not {{ is_any_hidden(needs) }} then {{ expression }} end as {{ type }})
            as {{ name }},
        {%- else %}
        cast({{ expression }} as {{ type }}) as {{ name }},
        {%- endif %}
        {%- endfor %}
        trim(
            {%- for name, _, _, needs in figures if needs %}
            case when {{ is_any_hidden(needs) }} then '{{ name }} ' else '' end
            {{- ' ||' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}

{# Name and type of every figure of kpi_campaign and kpi_campaign_monthly. #}
{% macro campaign_measure_types() -%}
{%- set types = {} -%}
{%- for name, _, type, _ in campaign_figures() + campaign_exclusions() -%}
    {%- do types.update({name: type}) -%}
{%- endfor -%}
{%- for name, _, type in arm_figures() -%}{%- do types.update({name: type}) -%}{%- endfor -%}
{%- do types.update({'excluded_rows': 'bigint', 'attribution_model': 'varchar',
    'roi_basis': 'varchar', 'suppressed_figures': 'varchar', 'is_lift_suppressed': 'boolean'}) -%}
{{ return(types) }}
{%- endmacro %}

{% macro campaign_exclusions() -%}
{%- set count = 'bigint' -%}
{{ return([
    ('excluded_cost_rate_missing', 'costs_without_rate', count, []),
    ('excluded_revenue_rate_missing', 'attributed_without_rate', count,
        ['excluded_revenue_rate_missing']),
    ('excluded_member_unknown', 'members_unknown', count, []),
]) }}
{%- endmacro %}

{# Besides, of a period. The mean CLV of its new customers who are scored is the numerator of
   ltv_to_cac; it is NULL while there are too few customers for a model. #}
{% macro campaign_month_figures() -%}
{%- set count = 'bigint' -%}{%- set rate = 'double' -%}{%- set money = 'decimal(38, 4)' -%}
{%- set figures = campaign_figures() -%}
{%- do figures.extend([
    ('leads', 'leads', count, ['leads']),
    ('cost_per_lead', ratio('cost', 'leads'), rate, ['leads']),
    ('cost_per_lead_numerator', 'cost', money, []),
    ('cost_per_lead_denominator', 'leads', count, ['leads']),
    ('new_customers', 'new_customers', count, ['new_customers']),
    ('cac', ratio('cost_of_sales', 'new_customers'), rate, ['new_customers']),
    ('cac_numerator', 'cost_of_sales', money, []),
    ('cac_denominator', 'new_customers', count, ['new_customers']),
    ('margin_per_customer', ratio('customer_margin', 'customer_months'), rate, ['margin_per_customer']),
    ('margin_per_customer_numerator', 'customer_margin', money, ['margin_per_customer']),
    ('margin_per_customer_denominator', 'customer_months', count, ['margin_per_customer']),
    ('payback_months',
        ratio(ratio('cost_of_sales', 'new_customers'),
              '(' ~ ratio('customer_margin', 'customer_months') ~ ')'),
        rate, ['new_customers', 'margin_per_customer']),
    ('payback_months_numerator', ratio('cost_of_sales', 'new_customers'), rate,
        ['new_customers']),
    ('payback_months_denominator', ratio('customer_margin', 'customer_months'), rate,
        ['margin_per_customer']),
    ('ltv_to_cac',
        ratio(ratio('new_customers_clv', 'new_customers_valued'),
              '(' ~ ratio('cost_of_sales', 'new_customers') ~ ')'),
        rate, ['new_customers', 'ltv_to_cac']),
    ('ltv_to_cac_numerator', ratio('new_customers_clv', 'new_customers_valued'), rate,
        ['ltv_to_cac']),
    ('ltv_to_cac_denominator', ratio('cost_of_sales', 'new_customers'), rate, ['new_customers']),
    ('excluded_cost_rate_missing', 'costs_without_rate', count, []),
    ('excluded_revenue_rate_missing', 'attributed_without_rate', count,
        ['excluded_revenue_rate_missing']),
    ('excluded_rows', 'costs_without_rate + attributed_without_rate', count,
        ['excluded_revenue_rate_missing']),
]) -%}
{{ return(figures) }}
{%- endmacro %}

{% macro campaign_month_types() -%}
{%- set types = {} -%}
{%- for name, _, type, _ in campaign_month_figures() -%}
    {%- do types.update({name: type}) -%}
{%- endfor -%}
{%- do types.update({'attribution_model': 'varchar',
    'roi_basis': 'varchar', 'suppressed_figures': 'varchar'}) -%}
{{ return(types) }}
{%- endmacro %}

{# CTEs that end in disclosed_parts: parts (days, links) of the figures of campaigns, with is_hidden.

   parts: a CTE of campaign_id, figure, the part, quantity and persons; others, if there is such a
   column, are the persons of the campaign who are not in the part. Where parts do not share
   persons (is_divided), what is hidden is about as many as its parts together; else about as
   many as the largest of them, at least. #}
{% macro disclosed_parts(parts, part, divided, others=none) -%}
{%- set k = var('small_cell_k') | int -%}
parts_judged as (
    select
        parts.*,
        hidden.figure is not null as is_whole_hidden,
        parts.persons {{ is_small() }}{% if others %} or parts.{{ others }} {{ is_small() }}{% endif %}
            as is_small
    from {{ parts }} as parts
    left join {{ ref('int_campaign_disclosure') }} as hidden
        on parts.campaign_id = hidden.campaign_id and parts.figure = hidden.figure
),

parts_ranked as (
    select
        *,
        case
            when figure in ({% for name in divided %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
                then sum(case when is_small then persons else 0 end) over whole_figure
            else coalesce(max(case when is_small then persons end) over whole_figure, 0)
        end as hidden_persons,
        row_number() over (
            partition by campaign_id, figure
            order by case when is_small or persons = 0 then 1 else 0 end, persons, {{ part }}
        ) as preference
    from parts_judged
    window whole_figure as (partition by campaign_id, figure)
),

disclosed_parts as (
    select
        *,
        is_whole_hidden or is_small or (hidden_persons {{ is_small() }} and preference = 1)
            as is_hidden
    from parts_ranked
)
{%- endmacro %}

{% macro campaign_day_types() -%}
{{ return({
    'channel': 'varchar', 'sent': 'bigint', 'human_openers': 'bigint',
    'human_clickers': 'bigint', 'unsubscribers': 'bigint', 'suppressed_figures': 'varchar',
}) }}
{%- endmacro %}

{% macro campaign_link_types() -%}
{{ return({
    'channel': 'varchar', 'human_clickers': 'bigint', 'clicks': 'bigint',
    'click_share': 'double', 'click_share_numerator': 'bigint',
    'click_share_denominator': 'bigint', 'suppressed_figures': 'varchar',
}) }}
{%- endmacro %}

{% macro attribution_month_types() -%}
{{ return({
    'attributed_conversions': 'double', 'attributed_revenue': 'decimal(38, 4)',
    'cost': 'decimal(38, 4)', 'roas': 'double', 'roas_numerator': 'decimal(38, 4)',
    'roas_denominator': 'decimal(38, 4)', 'excluded_rows': 'bigint',
}) }}
{%- endmacro %}
