"""Documents that show nothing secret."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.suite import Scenario, Workload
from stackduel.model.trial import Failure, Place
from stackduel.storage import run_file
from stackduel.storage.redaction import redact
from stackduel.storage.run_document import run_to_dict
from tests.stackduel.makers import WAITING, run, trial


def test_secrets_are_shown_nowhere() -> None:
    """Header values of the user's are redacted, and so is every text in which one of them turns up."""
    token = "s3cret-token-value"
    secret = Scenario("mine", (Workload("/x", headers=(("Authorization", f"Bearer {token}"),)),), WAITING.load)
    reason = f"the server wrote: bad header Bearer {token}"
    made = replace(
        run([Failure(Place("slow", "mine", 1), reason)], scenarios=(secret,)),
        secrets=(f"Bearer {token}", token),
        command=("stackduel", "run", token),
    )
    text = run_file.to_json(made)
    assert token not in text
    assert text.count("[redacted]") == 3


def test_redaction_reaches_keys_and_nested_texts() -> None:
    """Keys, lists and nested tables are searched too, and other values stay as they are."""
    assert redact({"a-key": ["x key", 1, {"b": "key"}]}, ["key"]) == {
        "a-[redacted]": ["x [redacted]", 1, {"b": "[redacted]"}]
    }


def test_a_secret_that_is_called_as_a_part_of_the_document_loses_no_trial() -> None:
    """Whatever a secret is, the parts of a run keep their names."""
    made = replace(run([trial("slow", 5)]), secrets=("trials", "suite"))
    assert len(run_to_dict(made)["trials"]) == 1
    assert "suite" in run_to_dict(made)
