"""What SQL says badly: functions over small frames, called by dbt's models in Python.

Owns the computation and nothing else: no file, no connection, no settings. Privacy: names of
channels and campaigns, counts and one-way hashes of pseudonyms; never a pseudonym itself.
"""
