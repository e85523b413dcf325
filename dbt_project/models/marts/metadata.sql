-- Grain: one row. When, from which run and with which rules this was built.
select
    {{ as_of() }} as as_of,
    {{ told('run_id') }} as run_id,
    {{ told('rules_fingerprint') }} as rules_fingerprint,
    '{{ var("reporting_timezone") }}' as reporting_timezone,
    '{{ var("reporting_currency") }}' as reporting_currency,
    cast({{ var("fiscal_year_start_month") }} as integer) as fiscal_year_start_month,
    cast({{ var("small_cell_k") }} as integer) as small_cell_k
