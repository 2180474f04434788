"""The behaviour of a client beside a load, and what became of its stream."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """A client that opens a stream ``opens_s`` after the window, and leaves ``leaves_s`` after it, None for never.

    With ``resets`` it leaves by a reset (RST), else by closing its connection (FIN). It reads ``bytes_per_s`` at most,
    None for as fast as it can, into a receive buffer of ``buffer_bytes``, None for the system's own.
    """

    opens_s: float = 0.0
    leaves_s: float | None = None
    resets: bool = False
    bytes_per_s: int | None = None
    buffer_bytes: int | None = None


@dataclass(slots=True)
class ClientStream:
    """The state of a client's stream, which has ``begun`` with a right head; ``zero_ns`` is None where that has none.

    It has ``ended`` if that was the server. ``left_ns`` is the moment at which the client left an open stream, None if
    it has not. ``bytes_read`` counts what came behind the head, ``last_event`` is the number of the last event that
    had begun, of a client that reads slowly.
    """

    plan: ClientPlan
    begun: bool = False
    zero_ns: int | None = None
    left_ns: int | None = None
    ended: bool = False
    bytes_read: int = 0
    last_event: int | None = None
