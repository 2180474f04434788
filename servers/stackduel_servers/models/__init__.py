"""The models that the stacks serve: what they are, how they are built, and how they run."""
