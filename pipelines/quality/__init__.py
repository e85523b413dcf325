"""Checks of data: contracts at the door, reconciliation, results without values."""
