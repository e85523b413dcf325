"""Packages for subjects: what is held about a person, gathered, blacked out, reviewed, handed over.

Puts together vault, warehouse, detection and policy, which may not know one another. The caller
holds the home's lock while a package is made. Source: GDPR Art. 12, 15, 20.
"""
