"""The suite within the document of a run."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.model_input import ModelInput as Recipe
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.storage.run_document import run_to_dict
from tests.stackduel.makers import run
from tests.stackduel.storage.whole import CLOSED, journey

ASKED = Workload(
    "/infer/speaker", "POST", status=200, check="numbers", model="speaker", served_as="speech", tolerance=1e-5,
    given=Recipe("wav", 342_922, 16_000, seed=3),
)  # fmt: skip
FIXED = Scenario("fixed", (ASKED,), ClosedLoop(20, requests=200, rated=True))


def test_a_request_to_a_model_keeps_its_recipe_and_no_bytes() -> None:
    """A model's input comes back equal, as does a fixed number of requests whose rate counts."""
    made = run([], scenarios=(FIXED,))
    assert journey(made).suite.scenarios == (FIXED,)
    (shown,) = run_to_dict(made)["suite"]["scenarios"][0]["workloads"]
    assert shown["body"] == ""
    assert shown["given"] == {
        "kind": "wav", "samples": 342_922, "rate_hz": 16_000, "width": None, "height": None, "seed": 3,
    }  # fmt: skip


def test_only_headers_that_may_be_secret_are_left_out() -> None:
    """A request's Accept is no secret, and its name in whatever case is known."""
    headers = (("ACCEPT", "text/html"), ("X-Token", "abc"), ("Content-Type", "text/plain"))
    made = run([], scenarios=(replace(CLOSED, workloads=(Workload("/a", headers=headers),), victim=None),))
    (again,) = journey(made).suite.scenarios[0].workloads
    assert again.headers == (("ACCEPT", "text/html"), ("X-Token", "[redacted]"), ("Content-Type", "text/plain"))
