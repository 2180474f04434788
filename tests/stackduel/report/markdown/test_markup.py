"""Text from outside is shown and never obeyed, and still can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.report.markdown.markup import LONGEST, code, escape, folded, item, table
from stackduel.report.sections.blocks import Grid


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>|`x`\n# y", "&lt;script>\\|\\`x\\` # y"),
        ("x86_64, memory_mib", "x86_64, memory_mib"),
        ("_loud_ and *loud*", "\\_loud\\_ and \\*loud\\*"),
        ("p99 <= 100 ms, at >= 5", "p99 ≤ 100 ms, at ≥ 5"),
        ("a < b, 1<2, a<=b", "a < b, 1<2, a<=b"),
        ("</details>", "&lt;/details>"),
        ("cut off at <", "cut off at &lt;"),
        ("&lt;b> & more", "&amp;lt;b> & more"),
        ("[x](javascript:1)", "\\[x\\](javascript:1)"),
        ("~~$5$~~", "\\~\\~\\$5\\$\\~\\~"),
        ("waits@10, @everyone, #12", "waits@10, @\u200beveryone, #\u200b12"),
        ("turned \u202e back\x1b[0m", "turned back"),
    ],
)
def test_what_could_be_markup_is_shown(text: str, shown: str) -> None:
    """And what could not be stays as it is."""
    assert escape(text) == shown


@given(st.text("<>/!?ab|`_*[]&;#@ \n-", max_size=40))
def test_no_text_opens_a_tag_or_a_cell(text: str) -> None:
    """Whatever the characters, and whatever they stand beside."""
    shown = escape(text)
    assert not re.search(r"<[A-Za-z/!?]", f"{shown}b")
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`*\[]", shown)
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# no heading", "- \\# no heading"),
        ("- no list", "- \\- no list"),
        ("> no quotation", "- \\> no quotation"),
        ("1. no list", "- 1\\. no list"),
        ("10 MiB", "- 10 MiB"),
        ("-", "- \\-"),
    ],
)
def test_a_line_begins_nothing_but_itself(text: str, line: str) -> None:
    """Headings, lists and quotations are words like any others."""
    assert item(text) == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a <b>|", "`a <b>|`"), ("a ` b", "``a ` b``"), ("`a`", "`` `a` ``"), ("a\nb", "`a b`"), ("", "")],
)
def test_code_holds_any_text(text: str, shown: str) -> None:
    """Between as many backticks as it takes."""
    assert code(text) == shown


def test_a_log_is_cut() -> None:
    """A sentence that holds somebody's log does not fill the report."""
    assert len(escape("x" * 10_000)) == LONGEST
    assert escape("x" * 10_000).endswith("…")


def test_a_table_has_words_to_the_left_and_figures_to_the_right() -> None:
    """And its cells cannot add a column."""
    grid = Grid("t", ("stack", "p50"), (("a|b", "1"),))
    assert list(table(grid)) == ["| stack | p50 |", "|---|---:|", "| a\\|b | 1 |"]


def test_a_fold_s_summary_is_text() -> None:
    """Whether it is read as HTML or as Markdown; and an empty line comes before what is Markdown in any case."""
    assert list(folded("<b>[x] & @you", ["x"])) == [
        "<details><summary>&#60;b>&#91;x&#93; & @\u200byou</summary>", "", "x", "", "</details>",
    ]  # fmt: skip
