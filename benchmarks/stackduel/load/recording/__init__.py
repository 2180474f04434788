"""The records of the clients, and the merging of shards' records."""
