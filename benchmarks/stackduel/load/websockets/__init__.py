"""WebSockets from the client's side (RFC 6455): the handshake, frames, and messages as events of a stream."""
