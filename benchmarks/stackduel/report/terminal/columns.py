"""Tables that fit into a width: which columns have room, and their lines.

Where not all fit, the least needed are left out, in the order in which the caller names them, and are named. What stays
is whole: a wide table is a nuisance, a figure cut short is a lie. Only words may then be broken between two of them;
where that is not enough either, what is needed most is left out, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

GAP = "  "


@dataclass(frozen=True, slots=True)
class Laid:
    """A table as lines: its headings, the lines of each row, how wide it is, and the headings that were left out."""

    headings: str
    rows: tuple[tuple[str, ...], ...]
    width: int
    left_out: tuple[str, ...]


def lay_out(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    words: Collection[str] = (),
    least_needed: Sequence[str] = (),
    last_left_out: Sequence[str] = (),
) -> Laid:
    """Return the table within ``width``, if possible; ``words`` are the headings of left-aligned columns.

    ``least_needed`` are left out for words that stay whole, ``last_left_out`` only where broken ones do not fit.
    """
    columns = list(zip(headings, *rows, strict=True))
    whole = [max(map(len, column)) for column in columns]
    # Names in the first column stay whole.
    least = [_widest_word(column) if n and column[0] in words else whole[n] for n, column in enumerate(columns)]
    kept, left_out = _columns_that_fit(headings, whole, width, least_needed, range(len(headings)))
    kept, also_left_out = _columns_that_fit(headings, least, width, last_left_out, kept)
    sizes = _squeezed([whole[place] for place in kept], [least[place] for place in kept], width)
    lefts = [headings[place] in words for place in kept]

    def lines(row: Sequence[str]) -> Iterator[str]:
        broken = [
            _broken(row[place], size) if left else [row[place]]
            for place, size, left in zip(kept, sizes, lefts, strict=True)
        ]
        return (_line(cells, sizes, lefts) for cells in zip_longest(*broken, fillvalue=""))

    return Laid(
        headings=_line([headings[place] for place in kept], sizes, lefts),
        rows=tuple(tuple(lines(row)) for row in rows),
        width=sum(sizes) + len(GAP) * (len(sizes) - 1),
        left_out=(*left_out, *also_left_out),
    )


def _columns_that_fit(
    headings: Sequence[str], widths: Sequence[int], width: int, least_needed: Sequence[str], places: Sequence[int]
) -> tuple[list[int], tuple[str, ...]]:
    """Return which of the columns at these places are kept, and the headings of those left out."""
    kept, left_out = list(places), []
    for heading in least_needed:
        if _total(widths, kept) <= width:
            break
        if heading in headings and headings.index(heading) in kept:
            kept.remove(headings.index(heading))
            left_out.append(heading)
    return kept, tuple(left_out)


def _line(cells: Sequence[str], sizes: Sequence[int], lefts: Sequence[bool]) -> str:
    pairs = zip(cells, sizes, lefts, strict=True)
    return GAP.join(cell.ljust(size) if left else cell.rjust(size) for cell, size, left in pairs).rstrip()


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[place] for place in kept) + len(GAP) * (len(kept) - 1)


def _squeezed(sizes: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Return the sizes, each narrowed to at least ``least``, the widest first."""
    sizes = list(sizes)
    over = _total(sizes, range(len(sizes))) - width
    while over > 0 and (wide := [index for index, size in enumerate(sizes) if size > least[index]]):
        sizes[max(wide, key=lambda index: sizes[index])] -= 1
        over -= 1
    return sizes


def _widest_word(column: Sequence[str]) -> int:
    """Return the least width of a column of words: that of its heading, or of the longest word of a cell."""
    return max(len(column[0]), *(len(word) for cell in column[1:] for word in cell.split(" ")), 0)


def _broken(text: str, size: int) -> list[str]:
    """Return a cell's lines, broken between its words."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) > size and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
