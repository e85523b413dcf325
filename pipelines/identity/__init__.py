"""Who is who: subjects found by exact identifiers, cautiously; doubt goes to the steward's queue."""
