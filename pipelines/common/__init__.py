"""What every other package stands on: errors, settings, log, time, the canonical entities."""
