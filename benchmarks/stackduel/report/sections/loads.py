"""A scenario's load in words: short for a table, as a sentence for a section."""

from __future__ import annotations

from stackduel.model.counted import counted
from stackduel.model.suite import Load, OpenLoop


def load_text(load: Load) -> str:
    """Return a load in a few words."""
    if isinstance(load, OpenLoop):
        requests = "request" if load.rate_rps == 1 else "requests"
        return f"{load.rate_rps:g} {requests} a second for {load.duration_s:g} s, {_arrivals(load)}"
    connections = counted(load.connections, "connection")
    if load.requests is not None:
        return f"{connections}, {counted(load.requests, 'request')} a block"
    return f"{connections} for {load.duration_s:g} s"


def load_sentence(load: Load) -> str:
    """Return a load as a sentence that says what each connection or arrival does."""
    if isinstance(load, OpenLoop):
        arrivals = f"{load.rate_rps:g} arrival{'' if load.rate_rps == 1 else 's'} a second ({_arrivals(load)})"
        return f"{arrivals} for {load.duration_s:g} s, which never wait for answers."
    connections = (
        "One connection, which sends its"
        if load.connections == 1
        else f"{load.connections} connections, each sending its"
    )
    length = f"for {load.duration_s:g} s" if load.requests is None else f"until {load.requests} requests are answered"
    return f"{connections} next request when the last was answered, {length}."


def load_and_waiting(load: Load) -> str:
    """Return a load, and whether it waits for answers; a closed load without its length."""
    if isinstance(load, OpenLoop):
        return f"{load_text(load)}, never waiting for answers"
    return f"{counted(load.connections, 'connection')}, each waiting for its answer"


def latency_kind(load: Load) -> str:
    """Return the kind of the latencies of a load: from the intended time, or service time."""
    return "latency from the intended time" if isinstance(load, OpenLoop) else "service time"


def _arrivals(load: OpenLoop) -> str:
    return load.arrivals if load.burstiness is None else f"{load.arrivals}, burstiness {load.burstiness:g}"
