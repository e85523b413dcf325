"""People: subjects, sealed records, keys, batches, quarantine, audit and the erasure ledger."""
