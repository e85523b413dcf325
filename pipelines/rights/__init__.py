"""Rights of the people the data is about; so far their erasure."""
