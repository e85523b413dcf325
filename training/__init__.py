"""How the name tagger's model is made: invented texts, a seed, one script (``python -m training``).

Not part of the installed product; ``pii_rules/recognizers/model`` holds what comes out.
"""
