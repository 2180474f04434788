"""Targets: what is dropped of them, and the pattern that they are one of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.planning.request_file import is_target
from stackduel.traffic.privacy import NOTHING, Keep
from stackduel.traffic.request_target import fold_target, one_a_byte, visible_ascii

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123"


@pytest.mark.parametrize(
    ("segment", "pattern"),
    [
        ("17", "{int}"),
        ("0b6cbd35-8a3a-4b7e-9a43-2f3a5ef7d9b1", "{uuid}"),
        ("0b6cbd358a3a4b7e9a432f3a5ef7d9b1", "{uuid}"),
        ("507f1f77bcf86cd799439011", "{hex}"),
        ("2026-09-21", "{date}"),
        ("bob@shop.example", "{email}"),
        ("bob%40shop.example", "{email}"),
        ("192.0.2.17", "{ip}"),
        (JWT, "{token}"),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "{token}"),
        ("how-to-plant-an-oak-in-2026", "how-to-plant-an-oak-in-2026"),
        ("jquery-3.6.0.min.js", "jquery-3.6.0.min.js"),
        ("facade", "facade"),
        ("v1", "v1"),
    ],
)  # fmt: skip
def test_a_place_of_ids_is_seen_by_their_form(segment: str, pattern: str) -> None:
    """Numbers, UUIDs, hexadecimal ids and dates are folded, words are not."""
    assert fold_target(f"/x/{segment}/y", NOTHING).segments == ("x", pattern, "y")


def test_what_stands_behind_a_secret_name_is_a_token() -> None:
    """The word behind it is none, and neither is what is empty."""
    assert fold_target("/reset-password/x7Gh2", NOTHING).segments == ("reset-password", "{token}")
    assert fold_target("/password/reset", NOTHING).segments == ("password", "reset")
    assert fold_target("/token/", NOTHING).segments == ("token", "")


@pytest.mark.parametrize(
    ("query", "kept", "dropped"),
    [
        ("q=lamp&page=2", "?q=lamp&page=2", ()),
        ("q=lamp&token=abc&api_key=1", "?q=lamp", ("token", "api_key")),
        ("email=a%40b.example&q=", "?q=", ("email",)),
        ("to=bob@shop.example", "", ("to",)),
        ("client=192.0.2.1&v6=2001%3Adb8%3A%3A1", "", ("client", "v6")),
        ("utm_source=mail&gclid=1&firstName=Bob&user_name=bob", "", ("utm_source", "gclid", "firstName", "user_name")),
        (f"next={JWT}", "", ("next",)),
        (JWT, "", ("a parameter without a name",)),
        ("id=17&id=18&flag", "?id=17&id=18&flag", ()),
    ],
    ids=["nothing", "secret names", "a personal name", "an address of mail", "of the internet", "tracking", "a token",
         "a bare token", "others"],
)  # fmt: skip
def test_secrets_and_persons_are_dropped_from_a_query(query: str, kept: str, dropped: tuple[str, ...]) -> None:
    """Their names are kept for the reader, their values are nowhere."""
    folded = fold_target(f"/find?{query}", NOTHING)
    assert (folded.target, folded.dropped) == (f"/find{kept}", dropped)


def test_a_session_in_the_path_is_dropped() -> None:
    """Other parameters of the path stay, and so does what stands behind."""
    folded = fold_target("/shop;jsessionid=0A1B/cart;v=2", NOTHING)
    assert (folded.target, folded.dropped) == ("/shop/cart;v=2", ("jsessionid",))


def test_what_is_asked_for_is_kept() -> None:
    """Secrets and what is personal are kept apart from each other."""
    target = "/find?token=abc&email=a@b.example"
    assert fold_target(target, Keep(secrets=True)).target == "/find?token=abc"
    assert fold_target(target, Keep(personal=True)).target == "/find?email=a@b.example"
    assert fold_target(target, Keep(secrets=True, personal=True)).target == target


def test_what_no_suite_can_hold_is_refused() -> None:
    """A target that is no path, too long or too deep is no request of a suite."""
    for wrong in ("*", "", "shop.example:443", "/" + "a" * 9000, "/a" * 41):
        with pytest.raises(ValueError, match="path"):
            fold_target(wrong, NOTHING)


@given(st.text(max_size=200))
def test_any_path_becomes_one_that_a_suite_can_hold(text: str) -> None:
    """Whatever a client sent, what is kept is a target, and its pattern has a place for each of its segments."""
    folded = fold_target(visible_ascii(one_a_byte("/" + text)), NOTHING)
    assert is_target(folded.target)
    assert len(folded.segments) == folded.target.partition("?")[0].count("/")
