"""The end of a run: complete, interrupted or failed, it is saved with all that was measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackduel.model.errors import LaunchError
from stackduel.model.run import Status
from stackduel.model.trial import Trial
from stackduel.process.interrupts import was_interrupted
from stackduel.runner.run_record import RunRecord


class RunEnd:
    """How a run ended; ``problem`` says why it could not go on, None if it was complete or interrupted."""

    def __init__(self) -> None:
        self.status: Status = "failed"
        self.problem: str | None = None


@contextmanager
def recorded_end(record: RunRecord) -> Iterator[RunEnd]:
    """Save the run and its reports however the block ends.

    An interruption ends here, and so does a LaunchError once something was measured. Before that it is raised: there
    is nothing to report.
    """
    end = RunEnd()
    try:
        yield end
        end.status = "complete"
    except KeyboardInterrupt:
        end.status = "interrupted"
    except LaunchError as error:
        end.problem = str(error)
        if was_interrupted(error):
            end.status = "interrupted"
        elif not any(isinstance(result, Trial) for result in record.run.results):
            raise
    finally:
        record.finish(end.status)
