{# Incremental tables that cannot drift from their source: before the batches that are not here
   yet are added, the rows of those that are here are compared with the source by a fingerprint
   over key, batch, person and what else may change. Only where it differs is anything joined:
   an erasure, an undone or replaced row, a label or a consent that changed. #}

{% macro fingerprint(columns) -%}
    {{ return(adapter.dispatch('fingerprint', 'klantkluis')(columns)) }}
{%- endmacro %}

{% macro default__fingerprint(columns) -%}
    bit_xor(xxhash64({{ columns | join(', ') }}))
{%- endmacro %}

{% macro duckdb__fingerprint(columns) -%}
    bit_xor(hash({{ columns | join(', ') }}))
{%- endmacro %}

{% macro reconcile_rows(source_relation, key, changing) -%}
{%- set present = load_relation(this) if execute else none -%}
{%- if present is not none and present.is_table and not should_full_refresh() -%}
    {%- set columns = [key, 'batch_id', 'customer_key'] + changing -%}
    {%- set landed = 'batch_id in (select batch_id from ' ~ this ~ ')' -%}
    {%- set compared -%}
        select
            (select count(*) from {{ source_relation }} where {{ landed }})
            = (select count(*) from {{ this }})
            and coalesce(
                (select {{ fingerprint(columns) }} from {{ source_relation }} where {{ landed }}), 0
            ) = coalesce((select {{ fingerprint(columns) }} from {{ this }}), 0)
    {%- endset -%}
    {%- if not run_query(compared).rows[0][0] -%}
        {%- set names = adapter.get_columns_in_relation(this) | map(attribute='quoted') | join(', ') -%}
        create or replace temporary table landed_batches as
        select distinct batch_id from {{ this }};
        delete from {{ this }} as present
        where not exists (
            select 1
            from {{ source_relation }} as wanted
            where
                wanted.{{ key }} = present.{{ key }}
                {%- for column in columns[1:] %}
                and wanted.{{ column }} is not distinct from present.{{ column }}
                {%- endfor %}
        );
        insert into {{ this }} ({{ names }})
        select {{ names }}
        from {{ source_relation }} as wanted
        where
            wanted.batch_id in (select batch_id from landed_batches)
            and not exists (select 1 from {{ this }} as present where present.{{ key }} = wanted.{{ key }})
    {%- endif -%}
{%- endif -%}
{%- endmacro %}
