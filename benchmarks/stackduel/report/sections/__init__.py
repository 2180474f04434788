"""The contents of a report, as values: modules compute sections, contents.py lists them. No I/O, no renderer."""
