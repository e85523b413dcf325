"""One file becomes one batch: read, checked, resolved, sealed, pseudonymised; whole or not at all.

The composition of landing, identity, privacy and quality with the two stores; those packages do
not know one another.
"""
