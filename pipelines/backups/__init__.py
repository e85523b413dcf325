"""Backups: making, listing, verifying and restoring them. The ledger never goes back."""
