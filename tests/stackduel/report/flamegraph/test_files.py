"""The files of a profile: what they draw, and that nothing in them is obeyed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stackduel.analysis.profiling.conclusion import ProfiledWindow, profile_of
from stackduel.model.profile_samples import Calls, Frame, Samples
from stackduel.model.profile_settings import ProfileSettings
from stackduel.report.flamegraph import speedscope, svg
from stackduel.report.flamegraph.tree import boxes_of, tree_of
from stackduel.report.profile_files import ProfileFiles
from stackduel.storage.redaction import NO_SECRETS, Redaction

RUN, HOT, COLD = Frame("run", "/a/app.py", 1), Frame("hot", "/a/app.py", 2), Frame("cold", "/a/app.py", 3)
CALLS: dict[Calls, float] = {(RUN, HOT): 6, (RUN, COLD): 3, (RUN,): 1}
HOSTILE = Frame('</text><script>alert(1)</script>"&\x1b[31m\u202e', "/a/<b>'.py", 1)
SVG = "{http://www.w3.org/2000/svg}"


def test_widths_are_shares_and_children_lie_on_their_callers() -> None:
    """Every box begins within its caller's, and is as wide as its samples."""
    boxes = {box.calls[-1].name: box for box in boxes_of(tree_of(CALLS), 0.0)}
    assert (boxes["run"].start, boxes["run"].width, boxes["run"].depth) == (0.0, 1.0, 1)
    assert (boxes["cold"].start, boxes["cold"].width, boxes["cold"].depth) == (0.0, 0.3, 2)
    assert (boxes["hot"].start, boxes["hot"].width) == (0.3, 0.6)
    assert not list(boxes_of(tree_of({}), 0.0))
    assert [box.calls[-1].name for box in boxes_of(tree_of(CALLS), 0.5)] == ["run", "hot"]


def test_a_deep_recursion_is_drawn_to_a_bound() -> None:
    """A stack of a thousand calls makes no picture of a thousand rows, and no recursion of ours."""
    deep: Calls = tuple(Frame(f"f{number}", "/a.py", number) for number in range(1000))
    assert max(box.depth for box in boxes_of(tree_of({deep: 1}), 0.0)) == 200


def test_frame_names_are_escaped() -> None:
    """The picture is well-formed XML with one script, which is ours, whatever a function is called."""
    text = svg.render({(HOSTILE,): 5.0}, "<title> & more", "samples")
    root = ElementTree.fromstring(text)
    assert len(list(root.iter(f"{SVG}script"))) == 1
    assert "alert" not in "".join(each.text or "" for each in root.iter(f"{SVG}script"))
    label = next(each for each in root.iter(f"{SVG}text") if each.get("data-label"))
    assert label.get("data-label", "").startswith('</text><script>alert(1)</script>"&')
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<title> & more" in (root.findtext(f"{SVG}title") or "")


def test_the_tooltip_says_how_much_and_which_layer() -> None:
    """A frame that is too narrow for its name tells it there."""
    root = ElementTree.fromstring(svg.render(CALLS, "t", "samples"))
    titles = [each.text for each in root.iter(f"{SVG}title")]
    assert "hot (a/app.py:2): 6 samples, 60.0 %, application" in titles


def test_the_recording_is_speedscopes() -> None:
    """Every sample stands for its time, every window is a profile, and files are shown from their package on."""
    document = json.loads(speedscope.render([Samples({(RUN, HOT): 6, (RUN,): 1}, 1)] * 2, "t", 100))
    assert document["$schema"] == speedscope.SCHEMA
    first, second = document["profiles"]
    assert first["weights"] == [0.06, 0.01]
    assert first["endValue"] == pytest.approx(0.07)
    assert first["samples"] == second["samples"] == [[0, 1], [0]]
    assert document["shared"]["frames"][1] == {"name": "hot", "file": "a/app.py", "line": 2}


def test_secrets_are_in_no_file(tmp_path: Path) -> None:
    """A function or a folder that is called like a secret of the user's is hidden; the names of the files are safe."""
    secret = Frame("token_hunter2secret", "/a/hunter2secret/x.py", 1)
    windows = [Samples({(RUN, secret): 5}, 1)] * 5
    profile = profile_of(ProfileSettings(), "py-spy", [ProfiledWindow(1.0, each) for each in windows], [])
    copy = tmp_path / "copy.svg"
    files, redaction = ProfileFiles(tmp_path, copy), Redaction.of(("hunter2secret",), ())
    written = files.write(windows, profile, ("own", "../x y"), redaction, first=True)
    assert (written.flamegraph, written.speedscope) == ("profile/own-x-y.svg", "profile/own-x-y.speedscope.json")
    for file in (written.flamegraph, written.speedscope):
        assert "hunter2secret" not in (tmp_path / file).read_text()
    assert copy.read_bytes() == (tmp_path / written.flamegraph).read_bytes()
    files.write(windows, profile, ("other", "x"), NO_SECRETS, first=False)
    assert copy.read_bytes() == (tmp_path / written.flamegraph).read_bytes()
