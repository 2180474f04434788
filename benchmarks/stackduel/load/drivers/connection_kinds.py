"""Which kind of connection carries a load: one that records no more than the load wants."""

from __future__ import annotations

from stackduel.load.drivers.scheduled_connection import (
    FirstByteConnection,
    FirstByteTimingConnection,
    ScheduledConnection,
    TimingConnection,
)
from stackduel.load.drivers.stream_connection import StreamConnection
from stackduel.load.drivers.websocket_connection import WebSocketConnection
from stackduel.load.drivers.websocket_stream import WebSocketStream
from stackduel.load.job import Job
from stackduel.model.suite import Load


def kind_of_connection(job: Job, load: Load) -> type[ScheduledConnection]:
    """Return the kind of connection for scheduled requests."""
    if job.driver == "websocket":
        return WebSocketStream if job.streams else WebSocketConnection
    if job.streams:
        return StreamConnection
    if load.server_timing:
        return FirstByteTimingConnection if load.first_byte else TimingConnection
    return FirstByteConnection if load.first_byte else ScheduledConnection
