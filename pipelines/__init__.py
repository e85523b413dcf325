"""Everything that computes, and the command line. See docs/architecture.md."""
