{# What campaigns need: the attribution window, Wilson's interval, orders that do not stand. #}

{% macro window_end(instant) -%}
    {{ instant }} + interval '{{ var("attribution_window_days") | int }}' day
{%- endmacro %}

{% macro void_order_statuses() -%}
    'cancelled', 'canceled', 'void', 'refunded', 'returned'
{%- endmacro %}

{# One side of Wilson's 95 % score interval of a proportion. Source: Wilson (1927). #}
{% macro wilson(side, successes, trials) -%}
{%- set z = '1.959963984540054' -%}
{%- set sign = '+' if side == 'upper' else '-' -%}
case when {{ trials }} > 0 then (
    {{ successes }} * 1.0 / {{ trials }} + {{ z }} * {{ z }} / (2.0 * {{ trials }})
    {{ sign }} {{ z }} * sqrt(
        ({{ successes }} * 1.0 / {{ trials }}) * (1 - {{ successes }} * 1.0 / {{ trials }})
        / {{ trials }} + {{ z }} * {{ z }} / (4.0 * {{ trials }} * {{ trials }})
    )
) / (1 + {{ z }} * {{ z }} / {{ trials }}) end
{%- endmacro %}

{% macro is_small() -%}
between 1 and {{ var('small_cell_k') | int - 1 }}
{%- endmacro %}

{# What somebody was to a campaign, as bits in the order of pipelines/privacy/campaign_figures.py.
   A click implies an open; a send is delivered unless it failed. #}
{% macro campaign_roles() -%}
{%- set roles = [
    'sent > 0', 'sent > failed', 'failed > 0', 'bounced > 0', 'failed > bounced',
    'opens + clicks > 0', 'opens + clicks > machine_opens + machine_clicks',
    'clicks > machine_clicks', 'unsubscribed > 0', 'complained > 0', 'converted > 0',
    'attributed > 0', 'unrated > 0', 'opens > 0', 'clicks > 0', 'machine_opens > 0',
    'machine_clicks > 0', 'opens > machine_opens'
] -%}
        {%- for role in roles %}
        case when {{ role }} then {{ 2 ** loop.index0 }} else 0 end{{ ' +' if not loop.last }}
        {%- endfor -%}
{%- endmacro %}

{# One-way hashes of the pseudonyms of a group of fewer persons than may be told of, to see whether
   two small groups share a person; NULL of a larger one. No more than k hashes are held at a time: a
   list of all of a large group fills the memory. #}
{% macro persons_if_few(key) -%}
    {{ return(adapter.dispatch('persons_if_few', 'klantkluis')(key)) }}
{%- endmacro %}

{% macro default__persons_if_few(key) -%}
    case
        when count(*) < {{ var('small_cell_k') | int }}
            then collect_list(xxhash64({{ key }}))
    end
{%- endmacro %}

{% macro duckdb__persons_if_few(key) -%}
    case
        when count(*) < {{ var('small_cell_k') | int }}
            then min(hash({{ key }}), {{ var('small_cell_k') | int }})
    end
{%- endmacro %}

{# Sums over patterns: a count of recipients with a role is a sum of recipients. #}
{% macro campaign_counts(relation) -%}
{%- set with_role = {
    'openers': 6, 'openers_raw': 5, 'clickers': 7, 'unsubscribers': 8, 'complainers': 9,
    'converters': 10,
} -%}
        {%- for name in ['sent', 'bounced', 'opens', 'clicks', 'machine_opens', 'machine_clicks'] %}
        coalesce(sum({{ relation }}.{{ name }}), 0) as {{ name }},
        {%- endfor %}
        coalesce(sum({{ relation }}.sent - {{ relation }}.failed), 0) as delivered
        {%- for name, bit in with_role.items() %},
        coalesce(
            sum(case when {{ relation }}.roles & {{ 2 ** bit }} > 0 then {{ relation }}.recipients end),
            0
        ) as {{ name }}
        {%- endfor -%}
{%- endmacro %}
