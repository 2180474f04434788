"""Attach to stacks that the user started: the running containers of a compose project."""
