"""The load of a shard: its share of the connections, the times of its arrivals, the longest time of each phase."""
