"""Triton's model repository: the configuration of its models, and the steps that its backend runs."""
