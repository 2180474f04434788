"""The shares of layers and functions with their intervals, and the price of sampling."""

from __future__ import annotations

import pytest

from stackduel.analysis.profiling.conclusion import (
    WIDEST,
    ProfiledWindow,
    Rates,
    cost_of,
    frame_shares,
    layer_shares,
    profile_of,
)
from stackduel.model.profile_samples import Calls, Frame, Samples
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.search_results.profile import SampledCpu

SERVER = Frame("run", "/venv/lib/python3.11/site-packages/uvicorn/server.py", 1)
HOT, COLD = Frame("hot", "/me/app.py", 3), Frame("cold", "/me/app.py", 9)


def window(hot: int, cold: int, cpu: SampledCpu | None = None) -> ProfiledWindow:
    return ProfiledWindow(2.0, Samples({(SERVER, HOT): hot, (SERVER, HOT, COLD): cold, (SERVER,): 10}, 1), cpu)


def test_shares_are_of_all_samples_with_an_interval_of_the_windows() -> None:
    """Own time is the innermost function's; the interval holds the share and is that of five shares."""
    windows = [window(60, 30), window(50, 40), window(55, 35), window(58, 32), window(52, 38)]
    hot, cold, run = frame_shares(windows)
    assert (hot.name, hot.samples, hot.file, hot.line) == ("hot", 275, "me/app.py", 3)
    assert hot.share == pytest.approx(0.55)
    assert hot.low is not None
    assert hot.high is not None
    # Student's of 0.60, 0.50, 0.55, 0.58, 0.52: 0.55 +- 2.776 * 0.0412 / sqrt(5).
    assert hot.low == pytest.approx(0.4988, abs=1e-3)
    assert hot.high == pytest.approx(0.6012, abs=1e-3)
    assert (cold.layer, run.layer) == ("application", "server")
    application, server = layer_shares(windows)
    assert application.samples == 450
    assert server.low == pytest.approx(0.1)
    assert server.high == pytest.approx(0.1)


def test_fewer_windows_have_no_interval() -> None:
    """A share of two windows says how many samples it is of, and claims no more."""
    assert [(each.low, each.high) for each in layer_shares([window(5, 5)] * 2)] == [(None, None)] * 2


def test_only_the_widest_functions_are_named() -> None:
    """Ten of them, however many there are; of equals the first by name."""
    frames: dict[Calls, int] = {(Frame(f"f{number:02d}", "/me/app.py", number),): 5 for number in range(30)}
    shown = frame_shares([ProfiledWindow(1.0, Samples(frames, 1))])
    assert [each.name for each in shown] == [f"f{number:02d}" for number in range(WIDEST)]


def test_the_cost_is_the_geometric_mean_of_the_pairs() -> None:
    """A pair in which nothing was answered counts for nothing; four pairs are too few for an interval."""
    pairs = [Rates(100, 90), Rates(100, 80), Rates(200, 170), Rates(100, 95), Rates(50, 0)]
    cost = cost_of(pairs)
    assert cost is not None
    assert cost.ratio == pytest.approx((0.9 * 0.8 * 0.85 * 0.95) ** 0.25)
    assert (cost.pairs, cost.low) == (4, None)
    assert "too few" in cost.sentence
    sure = cost_of([*pairs, Rates(100, 88)])
    assert sure is not None
    assert sure.low is not None
    assert sure.high is not None
    assert sure.low < sure.ratio < sure.high
    assert cost_of([]) is None


def test_a_profile_says_what_was_measured() -> None:
    """The layers, the functions, the CPU time of all windows together, and the sentence with the widest of them."""
    cpu = SampledCpu(1.5, 0.3, 2.0, 1)
    profile = profile_of(ProfileSettings(), "py-spy", [window(60, 30, cpu)] * 5, [Rates(100, 90)] * 5, ("a note",))
    assert (profile.samples, profile.windows, profile.sampled_s, profile.processes) == (500, 5, 10.0, 1)
    assert profile.cpu == SampledCpu(7.5, 1.5, 10.0, 1)
    assert "90 % of its core" in profile.cpu.sentence
    assert "17 % of its CPU time was the kernel's" in profile.cpu.sentence
    assert profile.sentence.startswith("90 % of 500 samples are in the application layer; the widest function is hot")
    assert profile.notes == ("a note",)


def test_a_server_that_idles_has_no_shares() -> None:
    """It is no error: there is nothing to say but that."""
    profile = profile_of(ProfileSettings(), "py-spy", [ProfiledWindow(1.0, Samples({}, 1))] * 5, [])
    assert profile.layers == ()
    assert "No sample" in profile.sentence
    with pytest.raises(ValueError, match="no window"):
        profile_of(ProfileSettings(), "py-spy", [], [])
