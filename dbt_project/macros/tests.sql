{# Generic tests; they return keys, never values of the data, and their rows are not stored. #}

{# The newest batch that an earlier sound build has tested; none where all rows are to be. #}
{% macro tested_batch() -%}
    {{ return(adapter.dispatch('tested_batch', 'klantkluis')()) }}
{%- endmacro %}

{% macro default__tested_batch() -%}
    {{ return(none) }}
{%- endmacro %}

{% macro duckdb__tested_batch() -%}
    {%- if execute -%}
        {{ return(run_query("select cast(getvariable('tested_batch') as bigint)").rows[0][0]) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{# One statement for key and grain: the columns are filled and unique together. Columns listed
   as nullable may be empty, and count as a value then. Where rows are only ever added by a batch
   (by_batch), those are looked at that a new batch added, and whatever has the key of one. #}
{% macro rows_off_grain(relation, columns, nullable=[], by_batch=false) %}
{%- set tested = tested_batch() if by_batch else none %}
select count(*) as offending_rows
from {{ relation }}
{%- if tested is not none %}
where batch_id > {{ tested }} or ({{ columns | join(', ') }}) in (
    select {{ columns | join(', ') }} from {{ relation }} where batch_id > {{ tested }}
)
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns if column not in nullable %}
    or max(case when {{ column }} is null then 1 else 0 end) = 1
    {%- endfor %}
{% endmacro %}

{% macro rows_without(relation, condition) %}
select 1 as offending_row
from {{ relation }}
where not ({{ condition }})
{% endmacro %}

{% test grain(model, columns, nullable=[], by_batch=false) %}
{{ rows_off_grain(model, columns, nullable, by_batch) }}
{% endtest %}

{# A condition holds on every row. #}
{% test holds(model, condition) %}
{{ rows_without(model, condition) }}
{% endtest %}

{# Every reference that is filled finds its row. #}
{% test refers_to(model, references) %}
{%- for reference in references %}
select '{{ reference.column }}' as offending_column
from {{ model }} as child
left join {{ reference.to }} as parent on child.{{ reference.column }} = parent.{{ reference.field }}
where child.{{ reference.column }} is not null and parent.{{ reference.field }} is null
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{% endtest %}

{# What grain and holds ask of a table, before it is committed, so that one that breaks them never
   stands. A hook after each table, since a test that is a node of its own costs dbt more than its
   statement; the tests of views, which stand from build to build, are nodes. #}
{% macro tested_in_place() -%}
{%- if execute and model.config.materialized in ['table', 'incremental'] -%}
    {%- for test in graph.nodes.values() if test.attached_node == model.unique_id -%}
        {%- set name, given = test.test_metadata.name, test.test_metadata.kwargs -%}
        {%- set offending = none -%}
        {%- if name == 'grain' -%}
            {%- set offending = rows_off_grain(this, given.columns, given.nullable or [], given.by_batch) -%}
        {%- elif name == 'holds' -%}
            {%- set offending = rows_without(this, given.condition) -%}
        {%- endif -%}
        {%- if offending and run_query('select 1 from (' ~ offending ~ ') as offending limit 1').rows -%}
            {{ exceptions.raise_compiler_error('broken test: ' ~ name) }}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{%- endmacro %}
