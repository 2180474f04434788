"""The clients for a job: the fastest that can send it."""

from __future__ import annotations

from stackduel.load.drivers.client_protocols import ClosedLoopClient, OpenLoopClient
from stackduel.load.drivers.closed_client import RawClient, ScheduledClient
from stackduel.load.drivers.closed_users import ClosedUsers
from stackduel.load.drivers.open_client import OpenClient
from stackduel.load.drivers.open_users import OpenUsers
from stackduel.load.drivers.user import MakeUser
from stackduel.load.job import Job
from stackduel.load.recording.recorder import Recorder
from stackduel.load.recording.request_log import OpenRequestLog, RecordedDetails, RequestLog
from stackduel.load.schedule.shares import Share
from stackduel.model.driver import DriverName

# The drivers whose connections are this engine's own protocols.
OWN_CONNECTIONS = ("raw", "websocket")


def closed_client(job: Job, share: Share, width_s: float) -> tuple[Recorder, ClosedLoopClient]:
    """Return a closed loop's recorder, with timeline slices of that width, and its clients.

    Raises ValueError for streams that the job's driver cannot read.
    """
    if job.driver == "raw" and not (
        job.streams or len(job.calls) > 1 or share.load.first_byte or share.load.server_timing
    ):
        recorder = Recorder(width_s)
        return recorder, RawClient(job, share, recorder)
    log = RequestLog(width_s, RecordedDetails.of(job, share.load))
    if job.driver in OWN_CONNECTIONS:
        _refuse_tls(job)
        return log, ScheduledClient(job, share, log)
    _refuse_streams(job)
    return log, ClosedUsers(job, share, log, kind_of_user(job.driver))


def open_client(job: Job, share: Share, log: OpenRequestLog) -> OpenLoopClient:
    """Return an open loop's clients; raises ValueError for streams that the job's driver cannot read."""
    if job.driver in OWN_CONNECTIONS:
        _refuse_tls(job)
        return OpenClient(job, share, log)
    _refuse_streams(job)
    return OpenUsers(job, share, log, kind_of_user(job.driver))


def _refuse_tls(job: Job) -> None:
    if job.driver == "websocket" and job.address.tls:
        raise ValueError("the websocket driver speaks no TLS: give the address behind it (ws, not wss)")


def _refuse_streams(job: Job) -> None:
    if job.streams:
        raise ValueError(f"the {job.driver} driver reads no streams, which need plain HTTP/1.1 without TLS")


def kind_of_user(driver: DriverName) -> MakeUser:
    """Return how to make a driver's full client; raises ValueError if a package is missing.

    Clients are imported only when used: the import takes longer than everything else, and a small container may lack
    their packages.
    """
    try:
        if driver == "grpc":
            from stackduel.load.drivers.grpc_user import GrpcUser  # noqa: PLC0415

            return GrpcUser
        from stackduel.load.drivers.aiohttp_user import AiohttpUser  # noqa: PLC0415
    except ModuleNotFoundError as error:
        remedy = " (pip install 'stackduel[inference]')" if driver == "grpc" else ""
        raise ValueError(f"the {driver} driver needs the package {error.name}{remedy}") from error
    return AiohttpUser
