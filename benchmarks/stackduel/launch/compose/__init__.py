"""Stacks as running containers of a compose project."""
