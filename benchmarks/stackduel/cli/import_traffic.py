"""``stackduel import``: a suite from recorded traffic."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import click

from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Number
from stackduel.model.errors import FieldError
from stackduel.planning.suites_by_name import suite_names
from stackduel.report.terminal.import_summary import show_import
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.report.terminal.waiting import waiting
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.lines import STDIN
from stackduel.traffic.mix import USUAL_COVER, USUAL_EXAMPLES, mix_of
from stackduel.traffic.privacy import Keep
from stackduel.traffic.recording import SAFE_METHODS, Recording
from stackduel.traffic.sources import read_sources
from stackduel.traffic.suite_text import SuiteSource, suite_text

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT = ("secrets", "personal", "headers")
GROUPS = {
    "What is asked": ("cover", "examples", "unsafe", "keep", "host"),
    "What is written": ("out", "force"),
}


@dataclass(frozen=True, slots=True)
class SuiteFile:
    """The file that an import writes, ``-`` being standard output."""

    path: str
    force: bool

    def refuse_existing(self) -> None:
        """Raise FieldError if the file is there and may not be replaced."""
        if self.path != STDIN and not self.force and Path(self.path).exists():
            raise FieldError(f"--out: {self.path} is there already; --force replaces it, --out names another")

    def write(self, text: str) -> None:
        """Write the suite; raises OSError."""
        if self.path == STDIN:
            click.echo(text, nl=False)
        else:
            Path(self.path).write_text(text, encoding="utf-8")


@click.command("import", cls=Grouped, groups=GROUPS)
@click.argument("sources", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--cover",
    type=Number(0.01, 1),
    default=USUAL_COVER,
    show_default=True,
    metavar="SHARE",
    help="Ask the most frequent routes that make up this share of the requests.",
)
@click.option(
    "--examples",
    type=click.IntRange(1, 100),
    default=USUAL_EXAMPLES,
    show_default=True,
    metavar="N",
    help="Ask at most so many different requests of a route, the commonest.",
)
@click.option("--unsafe", is_flag=True, help="Also ask with POST, PUT, PATCH and DELETE, which change data.")
@click.option(
    "--keep",
    type=click.Choice(KEPT),
    multiple=True,
    help="Keep what is dropped by default: secrets, what is about a person, headers; may be repeated.",
)
@click.option(
    "--out", metavar="FILE", help="The suite to write, - for standard output; default: named after the first file."
)
@click.option("--host", metavar="NAME", help="Of a HAR file the requests to this host; default: the most frequent.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.pass_obj
def import_command(
    argv: tuple[str, ...],
    /,
    sources: tuple[str, ...],
    cover: float,
    examples: int,
    unsafe: bool,
    keep: tuple[str, ...],
    host: str | None,
    out: str | None,
    force: bool,
) -> int:
    """Write a suite from recorded traffic (access logs, a HAR file) or from an OpenAPI document."""
    file = SuiteFile(out or suite_file_for(sources[0]), force)
    file.refuse_existing()
    methods = SAFE_METHODS | UNSAFE_METHODS if unsafe else SAFE_METHODS
    recording = read_traffic(sources, ImportOptions(methods, Keep(**dict.fromkeys(keep, True)), host))
    mix = mix_of(recording, cover, examples)
    file.write(suite_text(recording, mix, SuiteSource(shlex.join(("stackduel", *argv)), file.path)))
    show_import(recording, mix, file.path, standard_error() if file.path == STDIN else standard_output())
    return 0


def suite_file_for(source: str) -> str:
    """Return the name of the suite that a source makes: its own, unless a suite of ours has that."""
    name = PurePath(source).name.removesuffix(".gz").partition(".")[0] if source != STDIN else ""
    return f"{name if name and name not in suite_names() else 'traffic'}.toml"


def read_traffic(sources: Sequence[str], options: ImportOptions) -> Recording:
    """Return what the sources tell, with a line that says how far they are read; raises FieldError."""
    with waiting(standard_error(), "Reading") as tell:
        return read_sources(sources, options, lambda lines: tell(f"Reading: {lines:,} lines"))
