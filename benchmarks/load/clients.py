"""Which clients carry out a job: the fastest that can do what is asked."""

from __future__ import annotations

from benchmarks.load.client import RawClient, TicketClient
from benchmarks.load.contract import ArrivingClient, ClosedClient
from benchmarks.load.job import Job
from benchmarks.load.ledger import Ledger, OpenLedger
from benchmarks.load.open_client import OpenClient
from benchmarks.load.recorder import Recorder
from benchmarks.load.schedule import Share

# The aiohttp clients are imported only where they are asked for: that takes longer than all the rest, and a small
# container may not have them.


def closed_client(job: Job, share: Share, width_s: float) -> tuple[Recorder, ClosedClient]:
    """A closed loop's recorder, with timeline slices of that width, and its clients."""
    if job.driver == "raw" and not job.labels and not share.load.first_byte:
        recorder = Recorder(width_s)
        return recorder, RawClient(job, share, recorder)
    ledger = Ledger(width_s, job.labels, first_byte=share.load.first_byte)
    if job.driver == "raw":
        return ledger, TicketClient(job, share, ledger)
    from benchmarks.load.aiohttp_client import AiohttpClient  # noqa: PLC0415

    return ledger, AiohttpClient(job, share, ledger)


def arriving_client(job: Job, share: Share, ledger: OpenLedger) -> ArrivingClient:
    """An open loop's clients."""
    if job.driver == "raw":
        return OpenClient(job, share, ledger)
    from benchmarks.load.aiohttp_open_client import AiohttpOpenClient  # noqa: PLC0415

    return AiohttpOpenClient(job, share, ledger)
