"""A PostgreSQL beside the stacks: ours, started for one run, or one that the user names."""
