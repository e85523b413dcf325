"""Speed, growth and memory, measured against bare peers in the same run: ``make bench``.

Every measured thing runs in a process of its own; what is compared is measured in turns.
"""
