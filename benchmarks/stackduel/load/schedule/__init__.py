"""Which load a shard sends: its share of the connections, the times of its arrivals, how long each phase may last."""
