"""Melodies as MusicXML, the format that notation programs exchange."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pymusicxml

from stackduel_servers.music.melody import BEATS, Melody, Tone

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.0 '
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


def music_xml(melody: Melody, title: str) -> str:
    """Return the melody as a score of one part, without the day on which it was made: the same text every day."""
    part = pymusicxml.Part("Exercise", [_measure(melody, number) for number in range(len(melody.measures))])
    (root,) = pymusicxml.Score([part], title=title).render()
    for encoding in root.iter("encoding"):
        for date in encoding.findall("encoding-date"):
            encoding.remove(date)
    return HEADER + ElementTree.tostring(root, encoding="unicode") + "\n"


def _measure(melody: Melody, number: int) -> pymusicxml.Measure:
    contents = list(_beamed(melody.measures[number]))
    barline = "end" if number == len(melody.measures) - 1 else None
    if number:
        return pymusicxml.Measure(contents, barline=barline)
    key = f"{melody.key} major"
    return pymusicxml.Measure(contents, time_signature=(BEATS, 4), key=key, clef="treble", barline=barline)


def _beamed(tones: tuple[Tone, ...]) -> Iterator[pymusicxml.Note | pymusicxml.BeamedGroup]:
    """Yield the notes of a measure, each two eighths under a beam."""
    waiting: list[pymusicxml.Note] = []
    for tone in tones:
        note = pymusicxml.Note(pymusicxml.Pitch(tone.letter, tone.octave, tone.alteration), tone.quarters)
        if tone.quarters >= 1:
            yield note
            continue
        waiting.append(note)
        if len(waiting) == 2:
            yield pymusicxml.BeamedGroup(waiting)
            waiting = []
