"""Stacks as processes of this machine."""
