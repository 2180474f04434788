"""What a report says, as values: modules compute sections, contents.py lists them. Imports no I/O and no renderer."""
