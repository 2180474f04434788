"""Does ``stackduel pr`` find a commit that is 10 % slower, and leave equal commits alone? Many live comparisons.

``python tests/performance/bench_pull_requests.py --runs 20 --record pr.jsonl`` makes a repository of an application on
Gunicorn, whose handler computes for about 10 ms, and three commits: the base, one like it, and one that computes 10 %
more. It compares base and one of the others in turn, each within ``--time-budget`` (6m), and appends a line to the
record after each comparison. Started again with the same record it goes on until there are ``--runs`` of each kind, so
that hours can be measured in parts; ``--budget 60`` begins nothing that would not end within 60 minutes. ``--judge``
only counts.

Equal commits may have a winner in at most 1 of 20, the slower one must be found in at least 18 of 20; it exits with 1
where that is not so, or where there are too few.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.model.duration import parse_duration
from stackduel.storage import run_file
from tests.performance.exact_shares import Budget, add_budget_option, share_text
from tests.stackduel.checkouts.repositories import commit, git

KINDS: Mapping[str, float] = {"equal": 1.0, "slower": 1.1}
# Of twenty comparisons of a kind.
MOST_NAMED, LEAST_FOUND, OF = 1, 18, 20
HANDLER_S = 0.010
BLOCK = b"x" * 4096
# What a comparison takes beside its time budget: checking out, saving, the reports.
BESIDE_S = 20.0
WSGI = """
import hashlib
from shop.work import ROUNDS

def application(environ, start_response):
    found = hashlib.sha256()
    for _ in range(ROUNDS):
        found.update(b"x" * 4096)
    found.digest()
    body = b"ok"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
STACKS = """
[stacks.shop]
command = ["{python}", "-m", "gunicorn", "shop.wsgi", "--workers", "1", "--bind", "127.0.0.1:{{port}}"]
[[requests]]
name = "work"
path = "/"
[load]
connections = 4
duration_s = 1.0
warmup_s = 1.0
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: which kind, how it ended, what was said of head, and how long it took."""

    kind: str
    status: int
    verdict: str
    speedup: float | None
    low: float | None
    high: float | None
    launches: int
    took_s: float


def rounds_of(seconds: float) -> int:
    """Return how many rounds of the handler's work take so long here."""
    rounds, began_s = 0, time.perf_counter()
    found = hashlib.sha256()
    while time.perf_counter() - began_s < 1.0:
        for _ in range(100):
            found.update(BLOCK)
        rounds += 100
    return round(rounds * seconds)


def repository(folder: Path) -> Path:
    """Make the repository; its tags are base and the kinds."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    rounds = rounds_of(HANDLER_S)
    files = {
        "shop/__init__.py": "",
        "shop/wsgi.py": WSGI,
        "stackduel.toml": STACKS.format(python=sys.executable),
        ".gitignore": "__pycache__/\n",
    }
    for name, share in {"base": 1.0, **KINDS}.items():
        commit(folder, {**files, "shop/work.py": f"ROUNDS = {round(rounds * share)}\n"}, name)
        git(folder, "tag", name)
    return folder


def compare(folder: Path, kind: str, time_budget: str, more: Sequence[str]) -> Comparison:
    """Compare base with a commit of this kind, as a user would."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stackduel-bench-") as results:
        words = ("pr", "--base", "base", "--head", kind, "--time-budget", time_budget, "--out", results, *more)
        status = subprocess.run(
            (sys.executable, "-m", "stackduel", *words), cwd=folder, check=False, stdout=subprocess.DEVNULL
        ).returncode
        found = list(Path(results).iterdir())
        run = run_file.load(found[0]) if found else None
    took_s = time.monotonic() - began_s
    if status == 130:
        raise KeyboardInterrupt
    head = next((each for each in run.comparisons if each.candidate == "head"), None) if run else None
    if run is None or head is None:
        return Comparison(kind, status, "none", None, None, None, 0, took_s)
    return Comparison(kind, status, head.verdict, head.speedup, head.low, head.high, run.suite.blocks, took_s)


def recorded(record: Path) -> list[Comparison]:
    """Return the comparisons of a record, none if there is no such file yet."""
    lines = record.read_text(encoding="utf-8").splitlines() if record.is_file() else []
    return [Comparison(**json.loads(line)) for line in lines]


def to_do(done: Sequence[Comparison], runs: int) -> Iterator[str]:
    """Yield the kinds of the comparisons that are left, in turn."""
    counts = Counter(each.kind for each in done)
    for number in range(runs):
        yield from (kind for kind in KINDS if counts[kind] <= number)


def measure(record: Path, runs: int, time_budget: str, budget: Budget, more: Sequence[str]) -> None:
    """Make the comparisons that the record lacks, as far as the time goes."""
    each_s = parse_duration(time_budget) + BESIDE_S
    with tempfile.TemporaryDirectory(prefix="stackduel-bench-") as folder:
        made = repository(Path(folder, "shop"))
        for kind in to_do(recorded(record), runs):
            if not budget.has_room_for(each_s):
                return
            found = compare(made, kind, time_budget, more)
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
            print(_text(found), flush=True)


def judge(done: Sequence[Comparison], runs: int) -> bool:
    """Print how many of each kind were named or found; return whether there are enough, and as they should be."""
    equal = [each for each in done if each.kind == "equal"]
    slower = [each for each in done if each.kind == "slower"]
    named = sum(each.verdict in {"faster", "slower"} for each in equal)
    found = sum(each.verdict == "slower" for each in slower)
    print(f"equal commits, a winner named: {share_text(named, len(equal))}, at most {MOST_NAMED} of {OF}")
    print(f"10 % slower, found: {share_text(found, len(slower))}, at least {LEAST_FOUND} of {OF}")
    enough = min(len(equal), len(slower)) >= runs
    return enough and named * OF <= MOST_NAMED * len(equal) and found * OF >= LEAST_FOUND * len(slower)


def _text(found: Comparison) -> str:
    ratio = "-" if found.low is None else f"{found.speedup:.3f} ({found.low:.3f}-{found.high:.3f})"
    return f"{found.kind}: {found.verdict}, {ratio}, {found.launches} launches, {found.took_s:.0f} s"


def main() -> int:
    """Measure what is left, then judge; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="of each kind (default 20)")
    parser.add_argument("--record", type=Path, default=Path("pull-requests.jsonl"), metavar="FILE")
    parser.add_argument("--time-budget", default="6m", metavar="TIME", help="of each comparison (default 6m)")
    parser.add_argument("--judge", action="store_true", help="measure nothing, count what the record has")
    parser.add_argument("more", nargs="*", help="options of stackduel pr, after --")
    add_budget_option(parser)
    chosen = parser.parse_args()
    try:
        if not chosen.judge:
            measure(chosen.record.resolve(), chosen.runs, chosen.time_budget, Budget(chosen.budget), chosen.more)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 0 if judge(recorded(chosen.record), chosen.runs) else 1


if __name__ == "__main__":
    sys.exit(main())
