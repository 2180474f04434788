"""Event streams: what was read of them and when, their events, and the figures of these."""
