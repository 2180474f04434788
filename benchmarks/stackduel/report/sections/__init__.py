"""What a report says of a run, as values. Imports no I/O and no renderer."""
