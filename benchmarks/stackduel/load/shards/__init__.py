"""The shards of a load: worker processes, in containers or not, and the null server beside them."""
