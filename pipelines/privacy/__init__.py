"""Personal data in text: finding it, replacing it, noting who is mentioned.

Owns detection, redaction and mentions. Never logs, stores or raises anything of a text.
"""
