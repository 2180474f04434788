"""Triton's model repository: what it serves, written as its configuration, and the steps that its backend runs."""
