"""Stacks in containers that a run starts itself."""
