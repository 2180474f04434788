"""wrk, another load tool: what it counts of one address."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass

from stackduel.process.cores import kept_on

# wrk's own hook for its results, so that no text meant for people is parsed.
REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("\\nRESULT %d %d %d\\n", summary.requests, summary.duration, failed))
end
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """The answers that came in ``duration_s`` seconds, and the errors."""

    answers: int
    duration_s: float
    errors: int

    @property
    def rate_rps(self) -> float:
        """The answers per second."""
        return self.answers / self.duration_s


def asked(url: str, connections: int, window_s: int, timeout_s: int, cores: Iterable[int]) -> Counted:
    """Ask a URL by one thread on these cores, with so many connections, for so many seconds."""
    load = ("-t1", f"-c{connections}", f"-d{window_s}s", "--timeout", f"{timeout_s}s")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script, kept_on(cores):
        script.write(REPORT)
        script.flush()
        done = subprocess.run(["wrk", *load, "-s", script.name, url], capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    answers, duration_us, errors = map(int, line.split()[1:])
    return Counted(answers, duration_us / 1e6, errors)
