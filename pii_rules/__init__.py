"""The policy: what each column is, why it is kept, how long, and what becomes of it.

YAML under ``policy/``, frozen models and the loader; ``recognizers/`` holds the registry of
Presidio recognizers. Imports nothing of ours, so that a privacy officer can read it alone.
"""
