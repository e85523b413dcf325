{# Deletes from an incremental table what its source no longer says in the same words. Between
   them the delete and the insert that follows read each side once; nothing depends on a
   watermark, so an erasure or an undone batch cannot leave a row behind. #}
{% macro forget_changed_rows(relation, key) -%}
{%- set current = load_relation(this) -%}
{%- if execute and current is not none and current.is_table and not should_full_refresh() -%}
delete from {{ this }} as present
where not exists (
    select 1
    from {{ relation }} as wanted
    where
        wanted.{{ key }} = present.{{ key }}
        and wanted.batch_id = present.batch_id
        and coalesce(wanted.customer_key, '') = coalesce(present.customer_key, '')
        {%- if key == 'event_id' %}
        and wanted.is_machine = present.is_machine
        {%- endif %}
)
{%- endif -%}
{%- endmacro %}
