{# The support figures, once. #}

{# Minutes of "HH:MM" since midnight; 24:00 is the end of the day. #}
{% macro minutes_of_clock(clock) -%}
(cast(substring({{ clock }}, 1, 2) as integer) * 60
            + cast(substring({{ clock }}, 4, 2) as integer))
{%- endmacro %}

{# Minutes of a calendar that have passed at an instant. days: int_business_days joined on the
   calendar and the day of its zone. #}
{% macro business_minutes_at(instant, days) -%}
({{ days }}.minutes_before
            {%- for span in ['first', 'second'] %}
            + coalesce({{ elapsed(
                'minute', days ~ '.' ~ span ~ '_opens_at',
                'least(greatest(' ~ instant ~ ', ' ~ days ~ '.' ~ span ~ '_opens_at), '
                ~ days ~ '.' ~ span ~ '_closes_at)'
            ) }}, 0)
            {%- endfor %})
{%- endmacro %}

{# Names of calendars that never close. #}
{% macro always_open() -%}
'24x7', '24/7', 'always'
{%- endmacro %}

{# Words of a status that say a ticket is open no more. #}
{% macro ended_statuses() -%}
'solved', 'resolved', 'closed', 'cancelled'
{%- endmacro %}

{% macro support_exclusion_reasons() -%}
{{ return([
    'resolved_before_first_response', 'first_response_before_creation',
    'resolved_before_creation', 'creation_missing'
]) }}
{%- endmacro %}

{% macro support_measures() -%}
{%- set created = "case when role = 'created' then " -%}
{%- set resolved = "case when role = 'resolved' then " -%}
        sum({{ created }} 1 else 0 end) as tickets_created,
        sum({{ created }} case when month_start is null then 1 else 0 end else 0 end)
            as tickets_undated,
        sum({{ resolved }} 1 else 0 end) as tickets_resolved,
        sum({{ created }} case when is_unanswered then 1 else 0 end else 0 end)
            as tickets_unanswered,
        {{ percentile(created ~ "first_response_minutes end", 0.5) }}
            as first_response_minutes_median,
        {{ percentile(created ~ "first_response_minutes end", 0.9) }} as first_response_minutes_p90,
        count({{ created }} first_response_minutes end) as first_response_tickets,
        {{ percentile(resolved ~ "first_resolution_hours end", 0.5) }} as resolution_hours_median,
        {{ percentile("case when role = 'fully_resolved' then full_resolution_hours end", 0.5) }}
            as full_resolution_hours_median,
        {{ ratio_columns(
            'sla_attainment',
            "coalesce(sum(" ~ created ~ "targets_met end), 0)",
            "coalesce(sum(" ~ created ~ "targets_met + targets_breached end), 0)"
        ) }},
        {{ ratio_columns(
            'reopen_rate',
            "sum(" ~ resolved ~ "case when is_reopened then 1 else 0 end else 0 end)",
            "sum(" ~ resolved ~ "1 else 0 end)"
        ) }},
        {{ ratio_columns(
            'escalation_rate',
            "coalesce(sum(" ~ created ~ "escalated_cycles end), 0)",
            "coalesce(sum(" ~ created ~ "cycles end), 0)"
        ) }},
        {{ ratio_columns(
            'csat',
            "sum(case when role = 'answered' and is_satisfied then 1 else 0 end)",
            "sum(case when role = 'answered' and is_satisfied is not null then 1 else 0 end)"
        ) }},
        {{ ratio_columns(
            'csat_response_rate',
            "sum(case when role = 'asked' and not is_unanswered then 1 else 0 end)",
            "sum(case when role = 'asked' then 1 else 0 end)"
        ) }},
        {{ ratio_columns(
            'survey_score_mean',
            "sum(case when role = 'answered' then score end)",
            "count(case when role = 'answered' then score end)"
        ) }},
        {%- for reason in support_exclusion_reasons() %}
        sum(case when {{ counts_exclusion() }} and exclusion_reason = '{{ reason }}'
            then 1 else 0 end) as excluded_{{ reason }},
        {%- endfor %}
        sum(case when {{ counts_exclusion() }} and exclusion_reason is not null then 1 else 0 end)
            as excluded_rows
{%- endmacro %}

{# An excluded ticket counts once: over all time where it was created, else where it was
   resolved, since one without a creation is in no other period. #}
{% macro counts_exclusion() -%}
(
            (role = 'created' and month_start is not null)
            or (role = 'created' and period_grain = 'all')
            or (
                role = 'resolved' and period_grain <> 'all'
                and exclusion_reason = 'resolved_before_first_response'
                and not has_creation
            )
        )
{%- endmacro %}

{% macro support_measure_types() -%}
{%- set count = 'bigint' -%}
{%- set rate = 'double' -%}
{%- set types = {
    'tickets_created': count, 'tickets_undated': count, 'tickets_resolved': count,
    'tickets_unanswered': count, 'first_response_minutes_median': rate,
    'first_response_minutes_p90': rate, 'first_response_tickets': count,
    'resolution_hours_median': rate, 'full_resolution_hours_median': rate,
} -%}
{%- for name in [
    'sla_attainment', 'reopen_rate', 'escalation_rate', 'csat', 'csat_response_rate',
    'survey_score_mean'
] -%}
    {%- do types.update({
        name: rate,
        name ~ '_numerator': rate if name == 'survey_score_mean' else count,
        name ~ '_denominator': count
    }) -%}
{%- endfor -%}
{%- for reason in support_exclusion_reasons() -%}
    {%- do types.update({'excluded_' ~ reason: count}) -%}
{%- endfor -%}
{%- do types.update({'excluded_rows': count}) -%}
{{ return(types) }}
{%- endmacro %}
