"""A whole run on servers of known rates."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from stackduel.model.run_options import RunOptions
from stackduel.model.trial import Trial
from stackduel.planning.planner import plan_run
from stackduel.storage.run_document import run_from_dict
from tests.truth.neighbour import noisy_neighbour
from tests.truth.pair import HERE, SUITE, TRUTHS, write_pair


def test_the_pair_and_its_suite_belong_together(tmp_path: Path) -> None:
    """The suite measures what the file holds, in enough blocks for intervals, wherever the file lies."""
    for file in (HERE / "pair.toml", write_pair(tmp_path)):
        plan = plan_run(RunOptions(suite=str(SUITE), stacks_file=str(file)), seed=1)
        assert set(plan.stacks) >= {"base", *TRUTHS}
        assert plan.baseline == "base"
        assert plan.suite.blocks >= 5


def test_a_run_finds_the_rates_that_the_servers_drew(tmp_path: Path) -> None:
    """Each measured rate is the one that its server said it would have."""
    command = [sys.executable, "-m", "stackduel", "run", str(SUITE), "--stacks-file", str(write_pair(tmp_path))]
    found = subprocess.run(
        [*command, "--blocks", "1", "--json", "--quiet", "--out", str(tmp_path / "results")],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    run = json.loads(found.stdout)
    rates_rps = {trial["stack"]: trial["rate_rps"] for trial in run["trials"]}
    drawn_rps = {}
    # Every start draws a rate of its own: a stack's last one was measured, its first was the preflight's.
    for log in sorted((tmp_path / "results" / run["id"] / "logs").glob("*.log")):
        if said := re.search(r": ([\d.]+) requests a second", log.read_text()):
            drawn_rps[log.stem.partition("-")[2]] = float(said[1])
    assert set(drawn_rps) == {"base", *TRUTHS}
    for stack, rate_rps in drawn_rps.items():
        # After a moment in which the host stood still, what is late comes at once: the queue holds 16 requests.
        assert 0.85 * rate_rps < rates_rps[stack] < 1.05 * rate_rps


def test_a_noisy_neighbour_fakes_no_winner_and_hides_no_large_one(tmp_path: Path) -> None:
    """Beside a process that takes 30 % of the server's core in bursts, 4.00 is faster, and nothing turns around."""
    command = [sys.executable, "-m", "stackduel", "run", str(SUITE), "--stacks-file", str(write_pair(tmp_path))]
    with noisy_neighbour():
        done = subprocess.run(
            [*command, "--json", "--quiet", "--out", str(tmp_path / "results")],
            cwd=HERE.parents[1],
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
    assert done.returncode in {0, 3}, done.stderr
    run = run_from_dict(json.loads(done.stdout))
    found = {each.candidate: each for each in run.comparisons}
    # No word without a size on equal servers, and never the wrong one on unequal ones.
    assert "same" not in found or found["same"].size is None
    assert not any(found[name].verdict == "slower" for name in ("faster", "fourfold") if name in found)
    shares = [each.noise.server_taken for each in run.results if isinstance(each, Trial) and each.noise]
    assert any(shares)
    # What else this machine does may take more of the core than a fourfold difference can show beside.
    if max(share or 0.0 for share in shares) < 0.6:
        assert found["fourfold"].verdict == "faster"
