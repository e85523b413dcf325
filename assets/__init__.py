"""Dagster assets and checks: shells that call one step of the pipeline and return counts."""
