"""Scores the detector of personal data against texts that were not made by its rules.

This package reads annotated texts and counts; it changes no detector and trains nothing. Nothing it
prints or writes holds a piece of a text: figures, types and classes only.
"""
