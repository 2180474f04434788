"""The bounds of a WebSocket, the same for every stack."""

from __future__ import annotations

# Of a message, in bytes; a text counts as UTF-8.
MOST_BYTES = 65_536
# What servers that can be told refuse by themselves. It is more: a server that refuses a message before it has read it
# resets the connection, and its client never learns why.
MOST_BYTES_OF_SERVERS = 1_048_576
# Of one worker, in all rooms of its broadcast.
MOST_CLIENTS = 1_024
# How far a client may be behind the room's sender before it counts as too slow.
MOST_BEHIND = 256
