{# Time in SQL: the instant of the run, the reporting time zone, periods. #}

{# What one run is told: as_of, run_id and rules_fingerprint. On DuckDB a variable of the connection
   (pipelines/warehouse/build_session.py), because a new value of dbt's own parses the whole
   project again; dbt's own is the default. #}
{% macro told(name) -%}
    {{ return(adapter.dispatch('told', 'klantkluis')(name)) }}
{%- endmacro %}

{% macro default__told(name) -%}
    '{{ dbt.escape_single_quotes(var(name)) }}'
{%- endmacro %}

{% macro duckdb__told(name) -%}
    coalesce(getvariable('{{ name }}'), '{{ dbt.escape_single_quotes(var(name)) }}')
{%- endmacro %}

{% macro as_of() -%}
    cast({{ told('as_of') }} as timestamp with time zone)
{%- endmacro %}

{% macro local_timestamp(instant) -%}
    {{ return(adapter.dispatch('local_timestamp', 'klantkluis')(instant)) }}
{%- endmacro %}

{% macro default__local_timestamp(instant) -%}
    from_utc_timestamp({{ instant }}, '{{ var("reporting_timezone") }}')
{%- endmacro %}

{% macro duckdb__local_timestamp(instant) -%}
    timezone('{{ var("reporting_timezone") }}', {{ instant }})
{%- endmacro %}

{% macro local_date(instant) -%}
    cast({{ local_timestamp(instant) }} as date)
{%- endmacro %}

{# Half-open by construction: an instant belongs to the local month that it falls in. #}
{% macro local_month(instant) -%}
    cast({{ dbt.date_trunc('month', local_timestamp(instant)) }} as date)
{%- endmacro %}

{# The first day of the quarter or year that a local date is in, of years that begin in the month
   that fiscal_year_start_month says. A shift by months never leaves the month, so no day is lost. #}
{% macro fiscal_start(grain, day) -%}
{%- set months = {'quarter': 3, 'year': 12}[grain] -%}
{%- set shift = (var('fiscal_year_start_month') | int - 1) % months -%}
{%- if shift == 0 -%}
    cast({{ dbt.date_trunc(grain, day) }} as date)
{%- else -%}
    cast({{ dbt.dateadd('month', shift, dbt.date_trunc(grain, dbt.dateadd('month', -shift, day))) }} as date)
{%- endif -%}
{%- endmacro %}

{# The first day of the period of a grain (a column: month, quarter, year, all) of a local date. #}
{% macro period_start(grain, day) -%}
    case {{ grain }}
        when 'month' then cast({{ dbt.date_trunc('month', day) }} as date)
        when 'quarter' then {{ fiscal_start('quarter', day) }}
        when 'year' then {{ fiscal_start('year', day) }}
    end
{%- endmacro %}

{% macro period_end(grain, start) -%}
    case {{ grain }}
        when 'month' then cast({{ dbt.dateadd('month', 1, start) }} as date)
        when 'quarter' then cast({{ dbt.dateadd('month', 3, start) }} as date)
        when 'year' then cast({{ dbt.dateadd('year', 1, start) }} as date)
    end
{%- endmacro %}

{# A period closes so many days after its end, at midnight in the reporting time zone. #}
{% macro is_period_closed(end, days) -%}
    coalesce(
        {{ dbt.dateadd('day', days, 'cast(' ~ end ~ ' as timestamp)') }}
        <= {{ local_timestamp(as_of()) }},
        false
    )
{%- endmacro %}

{# Elapsed time between two instants, as a fraction of a unit. #}
{% macro elapsed(unit, from_instant, to_instant) -%}
    {%- set microseconds = {'minute': 60000000, 'hour': 3600000000, 'day': 86400000000}[unit] -%}
    ({{ dbt.datediff(from_instant, to_instant, 'microsecond') }} / {{ microseconds }}.0)
{%- endmacro %}

{# The instant at which a day of the reporting time zone begins. #}
{% macro local_midnight(day) -%}
    {{ return(adapter.dispatch('local_midnight', 'klantkluis')(day)) }}
{%- endmacro %}

{% macro default__local_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("reporting_timezone") }}')
{%- endmacro %}

{% macro duckdb__local_midnight(day) -%}
    timezone('{{ var("reporting_timezone") }}', cast({{ day }} as timestamp))
{%- endmacro %}

{# Local time of a zone that a column names, and the instant of a local time. Where the clock skips
   an hour or tells it twice, the offset is the one that the engine takes: no calendar opens then. #}
{% macro timestamp_in_zone(instant, zone) -%}
    {{ return(adapter.dispatch('timestamp_in_zone', 'klantkluis')(instant, zone)) }}
{%- endmacro %}

{% macro default__timestamp_in_zone(instant, zone) -%}
    from_utc_timestamp({{ instant }}, {{ zone }})
{%- endmacro %}

{% macro duckdb__timestamp_in_zone(instant, zone) -%}
    timezone({{ zone }}, {{ instant }})
{%- endmacro %}

{% macro instant_in_zone(local, zone) -%}
    {{ return(adapter.dispatch('instant_in_zone', 'klantkluis')(local, zone)) }}
{%- endmacro %}

{% macro default__instant_in_zone(local, zone) -%}
    to_utc_timestamp({{ local }}, {{ zone }})
{%- endmacro %}

{% macro duckdb__instant_in_zone(local, zone) -%}
    timezone({{ zone }}, {{ local }})
{%- endmacro %}
