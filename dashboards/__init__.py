"""Pages over the published ``kpi_`` tables; reads ``dashboards.duckdb`` and computes nothing else."""
