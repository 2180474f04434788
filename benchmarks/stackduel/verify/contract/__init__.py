"""The contract of all stacks: requests with their right answers."""
