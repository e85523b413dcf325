{# Whom a figure is about, once for every table (docs/decisions/0113-whom-a-cell-is-about.md). #}

{# Whether an account is a natural person: the size classes of generalise.SOLE_TRADER, which a test
   holds equal, or no name, since landing takes that of a sole trader away. #}
{% macro is_natural_account(size_class, name) -%}
{%- set size = "lower(replace(replace(replace(" ~ size_class ~ ", ' ', ''), '-', ''), '_', ''))" -%}
(
    {{ name }} is null
    {%- for word in ['zzp', 'eenmanszaak', 'soletrader', 'selfemployed', 'freelance'] %}
    or {{ size }} like '%{{ word }}%'
    {%- endfor %}
    or trim({{ size_class }}) = '1'
)
{%- endmacro %}

{# Accounts that are natural persons, under an alias, for natural_person. #}
{% macro join_natural_accounts(alias, account_key) -%}
    left join {{ ref('int_natural_accounts') }} as {{ alias }}
        on {{ account_key }} = {{ alias }}.account_key
{%- endmacro %}

{# The natural person whose money a row is about: a sole trader, or whoever has no account. A company
   is nobody. alias: of join_natural_accounts. #}
{% macro natural_person(alias, account_key, customer_key) -%}
coalesce({{ alias }}.account_key, case when {{ account_key }} is null then {{ customer_key }} end)
{%- endmacro %}

{# The natural person who did what a row is about, of whatever account; one of nobody known is a
   person of its own. #}
{% macro acting_person(customer_key, row_key) -%}
coalesce({{ customer_key }}, {{ row_key }})
{%- endmacro %}

{# Whether what a person did fell into a span of int_tracking_spans, under an alias. #}
{% macro is_tracked(spans, done) -%}
{{ done }}.customer_key = {{ spans }}.customer_key
            and {{ done }}.occurred_at >= {{ spans }}.given_from
            and coalesce({{ done }}.occurred_at < {{ spans }}.given_until, true)
{%- endmacro %}
