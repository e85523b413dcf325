"""The columnar stores: connection, encryption, dbt, compaction, publication.

Only the pipeline opens ``warehouse.duckdb``, under the lock of the home; everybody else reads
the published files. Nothing here knows who anybody is.
"""
