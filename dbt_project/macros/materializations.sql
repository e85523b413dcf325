{# A table in the place of the one that was there. dbt-duckdb's own builds it under another name and
   renames twice, for readers who look on meanwhile; nobody reads the warehouse while it is built.
   Of a model in SQL, going and coming are one transaction; where a build is killed between those of
   a model in Python, the next build makes it. A third less of dbt's own time per table. #}

{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}

    {%- set language = model["language"] -%}
    {%- set target = this.incorporate(type="table") -%}
    {%- set present = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {# A Python model opens no transaction of its own, and a view cannot be dropped as a table. #}
    {%- if present and (language == "python" or not present.is_table) -%}
        {%- do adapter.drop_relation(present) -%}
    {%- endif -%}
    {% call statement("main", language=language) -%}
        {%- if language == "sql" and present and present.is_table -%}
            drop table if exists {{ target }};
        {%- endif -%}
        {{ create_table_as(False, target, compiled_code, language) }}
    {%- endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [target]}) }}
{% endmaterialization %}
