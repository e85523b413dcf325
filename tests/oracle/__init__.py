"""A second implementation of every KPI in plain Python, written from the definitions of the KPIs.

It reads source rows, never a model. :mod:`tests.oracle.project` runs the models on rows that are
made in a test, :mod:`tests.oracle.strategies` makes them.
"""
