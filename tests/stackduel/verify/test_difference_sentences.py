"""The parts of answers that are shown, and those that never are."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.load.content.differences import differences
from stackduel.model.expected_content import ContentKind
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.verify.difference_sentences import Wording

SECRET = "Zq8-tR4w9-Lm2x"
HIDING = Wording(Redaction.of([SECRET]))
FILLER = "x" * 1000


def told(mine: Any, other: Any, kind: ContentKind = "json") -> str:
    """How two values differ, in words."""
    return HIDING.difference(list(differences(mine, other, ())), kind, "one")


@pytest.mark.parametrize("shift", range(0, 100, 3))
def test_a_secret_is_never_cut_in_two(shift: int) -> None:
    """Wherever it stands by the edge of what is shown, no part of it is."""
    mine = "x " * 60 + "!" + " y" * shift + f" {SECRET} " + "z " * 60
    for sentence in (
        told({"t": mine}, {"t": mine.replace("!", "?")}),
        told([mine], [mine.replace("!", "?")], "text"),
        HIDING.in_bytes(mine.encode(), mine.replace("!", "?").encode(), "one"),
        told({"t": mine[120:]}, {"t": 5}),
    ):
        assert not any(SECRET[at : at + 4] in sentence for at in range(len(SECRET) - 3)), sentence


def test_what_stands_under_a_secret_name_is_hidden() -> None:
    """On both sides, also where nobody knows its value beforehand."""
    sentence = told({"user": {"api_key": "one-1234567"}}, {"user": {"api_key": "two-7654321"}})
    assert sentence == "$.user.api_key = [redacted] where one answered something else"


def test_a_difference_within_a_secret_is_hidden() -> None:
    """Nothing of it is shown for being different."""
    sentence = told({"t": f"{FILLER} {SECRET} {FILLER}"}, {"t": f"{FILLER} {SECRET[:-1]}y {FILLER}"})
    assert SECRET not in sentence
    assert "[redacted]" in sentence


@pytest.mark.parametrize(
    ("found", "right", "sentence"),
    [
        (b"abc", b"abd", "'abc' at byte 2 where one answered 'abd'"),
        (b"abc", b"ab", "'abc' at byte 2 where one answered 'ab'"),
        ("größe".encode(), "größer".encode(), "'größe' at byte 7 where one answered 'größer'"),
        (b"\xff\x00", b"\xff\x01", "'\ufffd\\x00' at byte 1 where one answered '\ufffd\\x01'"),
        (
            b"a" * 100 + b"b" + b"c" * 100,
            b"a" * 102,
            f"... '{'a' * 40}b{'c' * 39}' ... at byte 100 where one answered ... '{'a' * 42}'",
        ),
    ],
)
def test_bytes_are_shown_around_the_first_that_differs(found: bytes, right: bytes, sentence: str) -> None:
    """With what stands before it, and where there is more."""
    assert Wording(NO_SECRETS).in_bytes(found, right, "one") == sentence


PICTURE = bytes(range(128, 256)) * 4


def test_bytes_that_are_no_text_are_shown_in_hexadecimal() -> None:
    """From the first that differs on, up to eight; a terminal could show none of them."""
    other = PICTURE[:200] + b"\x00" + PICTURE[201:]
    wording = Wording(NO_SECRETS)
    assert wording.in_bytes(other, PICTURE, "one") == (
        "00 c9 ca cb cc cd ce cf ... from byte 200 on where one answered c8 c9 ca cb cc cd ce cf ..."
    )
    assert wording.in_bytes(PICTURE[:200], PICTURE, "one").startswith("nothing from byte 200 on where one answered c8")
    assert wording.beginning(PICTURE) == "a body that is no text, 80 81 82 83 84 85 86 87 ..."


def test_a_secret_is_not_shown_in_hexadecimal() -> None:
    """Also where the bytes around it are no text."""
    found = PICTURE + SECRET.encode() + PICTURE
    sentence = Wording(Redaction.of([SECRET])).in_bytes(found, PICTURE + b"x" + PICTURE, "one")
    assert sentence.startswith("bytes near a secret from byte 512 on where one answered 78 80 ")
    assert SECRET.encode()[:4].hex(" ") not in sentence


def test_half_a_character_can_be_shown() -> None:
    """JSON can hold what no terminal can write."""
    told({"t": "\ud800"}, {"t": "x"}).encode()
