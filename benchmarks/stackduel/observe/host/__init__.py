"""This machine: its facts for the report, and what else used its CPU time during a trial."""
