"""Melodies as MusicXML."""

from __future__ import annotations

from xml.etree import ElementTree

import pymusicxml
import pytest

from stackduel_servers.music.melody import draw_melody
from stackduel_servers.music.notation import music_xml


def test_a_score_holds_the_melody() -> None:
    """Every note is written with its pitch and its length, in its measure, in the key's signature."""
    melody = draw_melody("x", "Eb", 3, 5)
    root = ElementTree.fromstring(music_xml(melody, "A & B"))
    written = [_written(note, measure) for measure in root.iter("measure") for note in measure.iter("note")]
    assert written == [(tone.letter, tone.octave, tone.alteration, tone.quarters) for tone in melody.tones]
    assert len(root.findall("part/measure")) == 5
    assert root.findtext("part/measure/attributes/key/fifths") == "-3"
    assert root.findtext("work/work-title") == "A & B"


def _written(note: ElementTree.Element, measure: ElementTree.Element) -> tuple[str | None, int, int, float]:
    """The note of a note element; its duration is in parts of a quarter that its measure names."""
    divisions = int(measure.findtext("attributes/divisions", ""))
    octave, alter, duration = (int(note.findtext(path, "")) for path in ("pitch/octave", "pitch/alter", "duration"))
    return note.findtext("pitch/step"), octave, alter, duration / divisions


def test_the_day_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library writes the day into each score; ours have none, so that every stack answers the same on every day."""
    melody = draw_melody("x", "C", 1, 2)
    today = music_xml(melody, "x")

    class Tomorrow:
        class date:  # noqa: N801 - the library's
            today = staticmethod(lambda: "2999-01-01")

    monkeypatch.setattr(pymusicxml.score_components, "datetime", Tomorrow)
    assert "2999-01-01" in pymusicxml.Score([]).to_xml()
    assert music_xml(melody, "x") == today
