"""The null server in a container, for a generator that does not reach this machine's loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackduel.containers.images import SayLine
from stackduel.load.engine import Engine
from stackduel.load.shards.container_channel import ContainerChannel, container_factory
from stackduel.load.shards.null_rate import NullRates, null_server

ALIAS = "null-server"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - of the container, which publishes nothing


@contextmanager
def container_null_rates(engine: Engine, network: str, core: int, run_id: str, say: SayLine) -> Iterator[NullRates]:
    """Return null rates of an engine in containers on that network, from a null server that is bound to ``core``.

    On Docker Desktop it is the server's core of the virtual machine instead of ``core``. Raises
    LaunchError when no engine answers or the image cannot be built.
    """
    with container_factory(network, run_id, say) as factory:
        place = core if factory.machine is None else factory.machine.server[0]

        def channel_for(body_bytes: int) -> ContainerChannel:
            return ContainerChannel(factory, place, null_server(EVERYWHERE, body_bytes), ALIAS)

        with NullRates(engine, channel_for, ALIAS) as rates:
            yield rates
