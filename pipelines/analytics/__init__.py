"""What SQL says badly: a frame in, a frame out, called by dbt's models in Python.

Owns the computation and nothing else: no file, no connection, no settings. Privacy: names of
channels and campaigns, counts, aggregates, and rows of persons under their pseudonym or its hash.
"""
