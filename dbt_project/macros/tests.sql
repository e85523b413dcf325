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
{% test grain(model, columns, nullable=[], by_batch=false) %}
{%- set tested = tested_batch() if by_batch else none %}
select count(*) as offending_rows
from {{ model }}
{%- if tested is not none %}
where batch_id > {{ tested }} or ({{ columns | join(', ') }}) in (
    select {{ columns | join(', ') }} from {{ model }} where batch_id > {{ tested }}
)
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns if column not in nullable %}
    or max(case when {{ column }} is null then 1 else 0 end) = 1
    {%- endfor %}
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

{# A condition holds on every row. #}
{% test holds(model, condition) %}
select 1 as offending_row
from {{ model }}
where not ({{ condition }})
{% endtest %}
