"""The command line: one module per command group, thin; each calls a function of pipelines.

Owns words (``messages_en.yaml``, ``messages_nl.yaml``), exit statuses and how results look.
Must not hold logic of its own, nor show a value of the data except what a query asked for.
"""
