"""The reading side: from files of a source to chunks of canonical entities.

``mapping`` and ``sources`` say what a source's columns mean, ``*_reader`` read files into frames of
strings, ``values`` gives them types, ``chunks`` joins the three. Nothing here knows of subjects,
keys or the warehouse, and nothing here keeps a value: what does not land is handed on as a reject.
"""
