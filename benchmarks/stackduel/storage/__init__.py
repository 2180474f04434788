"""What run.json holds, and its JSON Schema."""
