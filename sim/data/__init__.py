"""Published tables, each with its source in SOURCES.md."""
