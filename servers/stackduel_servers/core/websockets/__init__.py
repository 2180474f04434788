"""The WebSockets of the sandbox, without any framework: what is sent on them, and how they are closed."""
