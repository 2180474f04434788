"""What the clients record, and how shards' records are merged."""
