"""Wrong answers under load: the first place that differs from the verified answer is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.expected_content import ExpectedContent
from stackduel.model.measurement import Expectation, FailedAnswer, Measurement
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.verify.failed_answers import sample_of, with_difference
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ScriptedServer, answer
from tests.stackduel.makers import measurement

RIGHT = b'{"database": "' + b"d" * 400 + b'", "took": 3}'
WRONG = RIGHT.replace(b": 3}", b": 4}")
CONTENT = Expectation(200, body=RIGHT, content=ExpectedContent("", "application/json"))


@pytest.mark.parametrize("driver", ["raw", "aiohttp"])
@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        (CONTENT, '$.took = 4 where it answered 3 when it was verified (ignore = ["$.took"] leaves it out)'),
        (Expectation.of(200, RIGHT, "body"), "at byte 425 where it answered"),
    ],
)
def test_the_first_difference_is_told_however_late_it_is(
    expectation: Expectation, told: str, driver: DriverName
) -> None:
    """Also where the body comes in parts, and the first part is right."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(WRONG)
    with ScriptedServer(answer(head + WRONG[:200], WRONG[200:], pause_s=0.002)) as server:
        load = ClosedLoop(connections=2, requests=10)
        job = job_for(server.address, load, driver=driver, expectation=expectation)
        found = with_difference(measure(job), job.calls, NO_SECRETS)
    assert found.outcomes == {"wrong-body": 10}
    assert found.failed_answer is not None
    assert told in found.failed_answer.difference


SECRET = "s3cret-OF-the-user-0123456789"
HIDING = Redaction.of([SECRET])
MOST = FailedAnswer.MOST_BYTES


def told(body: bytes, expectation: Expectation, redaction: Redaction = NO_SECRETS) -> str:
    """The sample of a measurement in which one request of two was answered so."""
    found: Measurement = replace(measurement([100.0], failed=1), failed_answer=FailedAnswer(200, body[:MOST]))
    sample = sample_of(with_difference(found, [Call(Workload("/"), expectation)], redaction), redaction)
    assert sample is not None
    return sample


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('{"name": "x"}', f'{{"name": "{SECRET}"}}'),
        ('{"name": "x"}', f'{{"{SECRET}": 1}}'),
        ('{"a": ["x"]}', f'{{"a": [{{"b": "{SECRET}"}}]}}'),
        ("plain", f"the key is {SECRET}"),
    ],
)
@pytest.mark.parametrize("check", ["content", "body"])
def test_no_secret_is_in_the_sentence_on_a_wrong_body(right: str, wrong: str, check: str) -> None:
    """Neither as a value nor as a name, by content or by bytes; what is around it is told."""
    content = ExpectedContent("", "application/json") if check == "content" else None
    sample = told(wrong.encode(), Expectation(200, body=right.encode(), content=content), HIDING)
    assert sample.startswith("status 200, ")
    assert "when it was verified" in sample
    assert "[redacted]" in sample
    assert SECRET[:8] not in sample


@pytest.mark.parametrize("before", [0, 1, 10, 28, 100, 5000])
def test_a_secret_that_was_cut_with_a_long_body_is_not_shown(before: int) -> None:
    """The sample ends within it, so it is no longer known; where it may stand, nothing is told."""
    right = b"x" * (MOST + 1000)
    wrong = right[: MOST - before] + SECRET.encode() + right[:100]
    sample = told(wrong, Expectation(200, body=right), HIDING)
    assert SECRET[:8] not in sample


def test_of_a_very_long_body_the_bytes_are_told_and_no_place() -> None:
    """Beyond 256 KiB JSON cannot be read to its end, so no place is named that may be allowed to differ."""
    right = b"[" + b"1," * MOST + b"1]"
    wrong = right.replace(b"[1,1", b"[1,2", 1)
    content = told(wrong, Expectation(200, body=right, content=ExpectedContent("", "application/json")))
    assert content.startswith("status 200, a body of more than 256 KiB, in which no place is looked for: '[1,2,1,")
    assert told(wrong, Expectation(200, body=right)).startswith("status 200, '[1,2,1,1,")
    assert "at byte 3 where it answered" in told(wrong, Expectation(200, body=right))


def test_a_json_just_below_the_limit_has_its_place() -> None:
    """Answers that were kept whole are compared place by place."""
    right = b"[" + b"1," * (MOST // 2 - 2) + b"1]"
    sample = told(right[:-2] + b"2]", Expectation(200, body=right, content=ExpectedContent("", "application/json")))
    assert f"$[{MOST // 2 - 2}] = 2 where it answered 1" in sample


def test_names_in_a_wrong_body_do_not_make_the_sentence_long() -> None:
    """A server may answer names of a megabyte, or deep below each other."""
    right, name = b'{"a": {"b": 1}}', "n" * 100_000
    for wrong in (f'{{"{name}": 1}}', f'{{"a": {{"{name}": {{"{name}": 1}}}}}}'):
        assert len(told(wrong.encode(), Expectation(200, body=right, content=ExpectedContent("", "")))) < 1000


def test_without_a_failure_in_the_window_there_is_no_sample() -> None:
    """A wrong answer of the warm-up is none of the trial's."""
    found = replace(measurement([100.0]), failed_answer=FailedAnswer(500, b"starting"))
    assert sample_of(found, NO_SECRETS) is None
    assert sample_of(measurement([100.0], failed=1), NO_SECRETS) is None
