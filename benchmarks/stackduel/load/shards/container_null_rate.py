"""The null server in a container, for a generator that does not reach this machine's loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackduel.containers.images import SayLine
from stackduel.load.engine import Engine
from stackduel.load.shards.container_channel import ContainerChannel, container_factory
from stackduel.load.shards.null_rate import NullKind, NullRates, null_server
from stackduel.model.budget import Budget

ALIAS = "null-server"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - of the container, which publishes nothing


@contextmanager
def container_null_rates(
    engine: Engine, network: str, budget: Budget, run_id: str, say: SayLine
) -> Iterator[NullRates]:
    """Return null rates of an engine in containers on that network, from a null server on the server's cores.

    Raises LaunchError when no engine answers or the image cannot be built.
    """
    with container_factory(network, budget, run_id, say) as factory:
        cores = factory.budget.server

        def channel_for(kind: NullKind) -> ContainerChannel:
            return ContainerChannel(factory, cores, null_server(EVERYWHERE, kind), ALIAS)

        with NullRates(engine, channel_for, ALIAS) as rates:
            yield rates
