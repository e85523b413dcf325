{# How a table of periods is sealed and shown, written once: a new one is two short models.

   disclosed: a relation with the keys, the columns kept, the figures after suppression,
   is_suppressed and is_closed. period: the keys that say which period a row is of; a period is
   sealed as a whole, so that a slice which turns up late is not in it. #}

{% macro sealed_periods(disclosed, types, period, slices=[], kept=['period_end', 'currency']) -%}
with

closed as (
    select * from {{ disclosed }}
    where is_closed
),

{% if is_incremental() %}
sealed as (
    select
        {{ period | join(', ') }},
        max(version) as version
    from {{ this }}
    group by {{ period | join(', ') }}
),

{% endif %}
due as (
    select
        closed.*,
        {% if is_incremental() %}
        coalesce(sealed.version, 0) + 1 as version,
        case when sealed.version is null then 'period closed' else '{{ restate_reason() }}' end
            as reason
        {% else %}
        1 as version,
        'period closed' as reason
        {% endif %}
    from closed
    {% if is_incremental() %}
    left join sealed
        on {{ same_keys('closed', 'sealed', period) }}
    where sealed.version is null or {{ is_restated('closed.' ~ period[-1]) }}
    {% endif %}
),

final as (
    select
        {%- for name in period + slices + kept %}
        {{ name }},
        {%- endfor %}
        is_suppressed,
        {%- for name, type in types.items() %}
        cast({{ name }} as {{ type }}) as {{ name }},
        {%- endfor %}
        cast(version as integer) as version,
        {{ as_of() }} as sealed_at,
        reason
    from due
)

select * from final
{%- endmacro %}

{# Closed periods from the seal, in their newest version; open ones as they are now. #}
{% macro shown_periods(
    disclosed, sealed, types, period, slices=[], kept=['period_end', 'currency']
) -%}
with

disclosed as (select * from {{ disclosed }}),

versions as (
    select
        *,
        max(version) over (partition by {{ period | join(', ') }}) as newest_version
    from {{ sealed }}
),

sealed as (
    select * from versions
    where version = newest_version
),

sealed_starts as (
    select distinct {{ period | join(', ') }}
    from sealed
),

final as (
    select
        {%- for name in period + slices + kept %}
        {{ name }},
        {%- endfor %}
        {%- for name in types %}
        {{ name }},
        {%- endfor %}
        is_suppressed,
        true as is_sealed,
        version as sealed_version,
        sealed_at
    from sealed
    union all
    select
        {%- for name in period + slices + kept %}
        disclosed.{{ name }},
        {%- endfor %}
        {%- for name, type in types.items() %}
        cast(disclosed.{{ name }} as {{ type }}) as {{ name }},
        {%- endfor %}
        disclosed.is_suppressed,
        false as is_sealed,
        cast(null as integer) as sealed_version,
        cast(null as timestamp with time zone) as sealed_at
    from disclosed
    left join sealed_starts
        on {{ same_keys('disclosed', 'sealed_starts', period) }}
    where sealed_starts.{{ period[-1] }} is null
)

select * from final
{%- endmacro %}

{% macro same_keys(one, other, keys) -%}
{%- for key in keys %}
{{- one }}.{{ key }} = {{ other }}.{{ key }}{{ ' and ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{# Figures that are hidden where a condition says so, in the order of their types. #}
{% macro disclosed_figures(types, from_relation, condition) -%}
{%- for name in types %}
        case when not {{ condition }} then {{ from_relation }}.{{ name }} end
            as {{ name }}{{ ',' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
