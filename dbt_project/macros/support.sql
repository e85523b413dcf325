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
{%- set opened = "case when role = 'opened' then " -%}
        sum({{ created }} 1 else 0 end) as tickets_created,
        sum({{ created }} case when month_start is null then 1 else 0 end else 0 end)
            as tickets_undated,
        sum({{ resolved }} 1 else 0 end) as tickets_resolved,
        sum({{ created }} case when is_unanswered then 1 else 0 end else 0 end)
            as tickets_unanswered,
        {%- for suffix, column in [('', 'wait'), ('_business', 'business_wait')] %}
        {{ percentile(created ~ column ~ " end", 0.5) }}
            as first_response_minutes_median{{ suffix }},
        {{ percentile(created ~ column ~ " end", 0.9) }} as first_response_minutes_p90{{ suffix }},
        {{ percentile(opened ~ column ~ " end", 0.5) }} as next_reply_minutes_median{{ suffix }},
        {{ percentile(resolved ~ column ~ " end", 0.5) }} as resolution_hours_median{{ suffix }},
        {%- endfor %}
        count({{ created }} wait end) as first_response_tickets,
        count({{ opened }} wait end) as next_reply_cycles,
        {{ percentile("case when role = 'fully_resolved' then wait end", 0.5) }}
            as full_resolution_hours_median,
        {{ ratio_columns(
            'sla_attainment',
            "coalesce(sum(" ~ opened ~ "targets_met end), 0)",
            "coalesce(sum(" ~ opened ~ "targets_met + targets_breached end), 0)"
        ) }},
        {{ ratio_columns(
            'reopen_rate',
            "sum(" ~ resolved ~ "case when is_reopened then 1 else 0 end else 0 end)",
            "sum(" ~ resolved ~ "1 else 0 end)"
        ) }},
        {{ ratio_columns(
            'escalation_rate',
            "sum(" ~ opened ~ "case when is_escalated then 1 else 0 end else 0 end)",
            "sum(" ~ opened ~ "1 else 0 end)"
        ) }},
        {{ ratio_columns(
            'first_contact_resolution_rate',
            "sum(" ~ resolved ~ "case when first_contact = 'resolved' then 1 else 0 end else 0 end)",
            "sum(" ~ resolved ~ "case when first_contact in ('resolved', 'not_resolved') then 1"
            ~ " else 0 end else 0 end)"
        ) }},
        sum({{ resolved }} case when first_contact = 'undecided' then 1 else 0 end else 0 end)
            as first_contact_undecided,
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
        sum({{ resolved }} case when first_contact = 'unknown' then 1 else 0 end else 0 end)
            as excluded_first_contact_unknown,
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

{# Every figure with its type, in the order of the tables. #}
{% macro support_measure_types() -%}
{%- set count = 'bigint' -%}
{%- set rate = 'double' -%}
{%- set types = {
    'tickets_created': count, 'tickets_undated': count, 'tickets_resolved': count,
    'tickets_unanswered': count
} -%}
{%- for suffix in ['', '_business'] -%}
    {%- for name in [
        'first_response_minutes_median', 'first_response_minutes_p90',
        'next_reply_minutes_median', 'resolution_hours_median'
    ] -%}
        {%- do types.update({name ~ suffix: rate}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- do types.update({
    'first_response_tickets': count, 'next_reply_cycles': count, 'full_resolution_hours_median': rate
}) -%}
{%- for name in [
    'sla_attainment', 'reopen_rate', 'escalation_rate', 'first_contact_resolution_rate', 'csat',
    'csat_response_rate', 'survey_score_mean'
] -%}
    {%- do types.update({
        name: rate,
        name ~ '_numerator': rate if name == 'survey_score_mean' else count,
        name ~ '_denominator': count
    }) -%}
{%- endfor -%}
{%- do types.update({'first_contact_undecided': count}) -%}
{%- for reason in support_exclusion_reasons() + ['first_contact_unknown'] -%}
    {%- do types.update({'excluded_' ~ reason: count}) -%}
{%- endfor -%}
{%- do types.update({'excluded_rows': count}) -%}
{{ return(types) }}
{%- endmacro %}

{# What is hidden together: a figure's columns, and whom they are about, each population apart
   (docs/decisions/0078-support-disclosure.md). Where the row is hidden, all are. #}
{% macro support_figures() -%}
{%- set created = "role = 'created'" -%}
{%- set resolved = "role = 'resolved'" -%}
{%- set opened = "role = 'opened'" -%}
{%- set answered = "role = 'answered'" -%}
{%- set asked = "role = 'asked'" -%}
{%- set figures = {
    'row': {
        'columns': ['tickets_created', 'tickets_undated', 'tickets_resolved'],
        'populations': {'created': created, 'resolved': resolved},
    },
    'unanswered': {
        'columns': ['tickets_unanswered', 'first_response_tickets'],
        'populations': {
            'unanswered': created ~ ' and is_unanswered',
            'timed': created ~ ' and wait is not null',
            'neither': created ~ ' and not is_unanswered and wait is null',
        },
    },
    'response': {
        'columns': percentile_names('first_response_minutes', ['median', 'p90']),
        'populations': {'timed': created ~ ' and wait is not null'},
    },
    'next_reply': {
        'columns': percentile_names('next_reply_minutes', ['median']) + ['next_reply_cycles'],
        'populations': {'timed': opened ~ ' and wait is not null'},
    },
    'resolution': {
        'columns': percentile_names('resolution_hours', ['median']),
        'populations': {'timed': resolved ~ ' and wait is not null'},
    },
    'full_resolution': {
        'columns': ['full_resolution_hours_median'],
        'populations': {'timed': "role = 'fully_resolved' and wait is not null"},
    },
    'sla': {
        'columns': ratio_names('sla_attainment'),
        'populations': {
            'met': opened ~ ' and targets_met > 0', 'breached': opened ~ ' and targets_breached > 0'
        },
    },
    'reopening': {
        'columns': ratio_names('reopen_rate'),
        'populations': {
            'reopened': resolved ~ ' and is_reopened', 'others': resolved ~ ' and not is_reopened'
        },
    },
    'escalation': {
        'columns': ratio_names('escalation_rate'),
        'populations': {
            'moved': opened ~ ' and is_escalated', 'others': opened ~ ' and not is_escalated',
            'later': opened ~ ' and is_later_cycle',
        },
    },
    'first_contact': {
        'columns': ratio_names('first_contact_resolution_rate')
            + ['first_contact_undecided', 'excluded_first_contact_unknown'],
        'populations': {},
    },
    'csat': {
        'columns': ratio_names('csat') + ratio_names('survey_score_mean'),
        'populations': {
            'satisfied': answered ~ ' and is_satisfied',
            'others': answered ~ ' and not is_satisfied',
            'scored': answered ~ ' and score is not null',
            'unscored': answered ~ ' and score is null and is_satisfied is not null',
            'unsaid': answered ~ ' and score is not null and is_satisfied is null',
        },
    },
    'asked': {
        'columns': ratio_names('csat_response_rate'),
        'populations': {
            'answered': asked ~ ' and not is_unanswered', 'others': asked ~ ' and is_unanswered'
        },
    },
    'excluded': {'columns': ['excluded_rows'], 'populations': {}},
} -%}
{%- for outcome in ['resolved', 'not_resolved', 'undecided', 'unknown'] -%}
    {%- do figures.first_contact.populations.update({
        outcome: resolved ~ " and first_contact = '" ~ outcome ~ "'"
    }) -%}
{%- endfor -%}
{%- for reason in support_exclusion_reasons() -%}
    {%- do figures.excluded.columns.append('excluded_' ~ reason) -%}
    {%- do figures.excluded.populations.update({
        reason: "role in ('created', 'resolved') and exclusion_reason = '" ~ reason ~ "'"
    }) -%}
{%- endfor -%}
{%- do figures.excluded.populations.update({'sound': created ~ ' and exclusion_reason is null'}) -%}
{{ return(figures) }}
{%- endmacro %}

{% macro ratio_names(name) -%}
{{ return([name, name ~ '_numerator', name ~ '_denominator']) }}
{%- endmacro %}

{% macro percentile_names(name, suffixes) -%}
{%- set found = [] -%}
{%- for suffix in suffixes -%}
    {%- do found.extend([name ~ '_' ~ suffix, name ~ '_' ~ suffix ~ '_business']) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{# Of a day: the figures that are also of its month, and the backlog, which is of no month. #}
{% macro support_day_figures() -%}
{%- set of_month = support_figures() -%}
{%- set figures = {} -%}
{%- for figure in ['row', 'unanswered', 'response', 'resolution'] -%}
    {%- do figures.update({figure: of_month[figure]}) -%}
{%- endfor -%}
{%- do figures.update({
    'backlog': {'columns': ['backlog', 'backlog_age_days_median'], 'populations': {}},
    'excluded': {'columns': ['excluded_rows'], 'populations': {}},
}) -%}
{{ return(figures) }}
{%- endmacro %}

{% macro support_day_types() -%}
{{ return({
    'tickets_created': 'bigint', 'tickets_resolved': 'bigint', 'tickets_unanswered': 'bigint',
    'first_response_minutes_median': 'double', 'resolution_hours_median': 'double',
    'backlog': 'bigint', 'backlog_age_days_median': 'double', 'excluded_rows': 'bigint'
}) }}
{%- endmacro %}
