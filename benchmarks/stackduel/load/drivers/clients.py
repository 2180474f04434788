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


def closed_client(job: Job, share: Share, width_s: float) -> tuple[Recorder, ClosedLoopClient]:
    """Return a closed loop's recorder, with timeline slices of that width, and its clients."""
    if job.driver == "raw" and not (job.labels or share.load.first_byte or share.load.server_timing):
        recorder = Recorder(width_s)
        return recorder, RawClient(job, share, recorder)
    log = RequestLog(width_s, RecordedDetails.of(job, share.load))
    if job.driver == "raw":
        return log, ScheduledClient(job, share, log)
    return log, ClosedUsers(job, share, log, kind_of_user(job.driver))


def open_client(job: Job, share: Share, log: OpenRequestLog) -> OpenLoopClient:
    """Return an open loop's clients."""
    if job.driver == "raw":
        return OpenClient(job, share, log)
    return OpenUsers(job, share, log, kind_of_user(job.driver))


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
