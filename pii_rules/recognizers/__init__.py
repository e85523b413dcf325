"""Recognizers of personal data in Dutch and English text, for Presidio's registry.

Owns what counts as a finding; imports nothing of ours. ``registry.yaml`` lists what runs, the modules
hold the classes, ``lists/`` the words with their licences. Nothing is downloaded, ever.
"""
