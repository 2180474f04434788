"""The report and the progress of a run in a terminal, within its width."""
