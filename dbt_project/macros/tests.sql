{# Generic tests; they return keys, never values of the data, and their rows are not stored. #}

{# One statement for key and grain: the columns are filled and unique together. Columns listed
   as nullable may be empty, and count as a value then. #}
{% test grain(model, columns, nullable=[]) %}
select count(*) as offending_rows
from {{ model }}
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
