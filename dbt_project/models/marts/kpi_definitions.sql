-- Grain: table and KPI. Read from the meta of the columns of the kpi_ tables, so that a formula
-- stands in one place, beside its column.
{%- set definitions = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() if node.name.startswith('kpi_') %}
        {%- for column in node.columns.values() %}
            {%- set kpi = (column.config.meta or column.meta).get('kpi') %}
            {%- if kpi %}
                {%- do definitions.append((node.name, column.name, kpi)) %}
            {%- endif %}
        {%- endfor %}
    {%- endfor %}
{%- endif %}
{%- for table_name, name, kpi in definitions | sort %}
select
    '{{ table_name }}' as table_name,
    '{{ name }}' as name,
    '{{ dbt.escape_single_quotes(kpi.formula) }}' as formula,
    '{{ kpi.unit }}' as unit,
    '{{ kpi.owner }}' as owner
{{ 'union all' if not loop.last }}
{%- else %}
select
    '' as table_name,
    '' as name,
    '' as formula,
    '' as unit,
    '' as owner
where false
{%- endfor %}
