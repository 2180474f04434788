"""A flamegraph as an SVG file: width is the share of samples, colour the layer, callers stand below what they call."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from stackduel.analysis.profiling.layers import layer_of, short_file
from stackduel.model.profile_samples import Calls
from stackduel.model.search_results.profile import Layer
from stackduel.model.visible_text import visible
from stackduel.report.flamegraph.tree import Box, boxes_of, tree_of

WIDTH, ROW, TOP, MARGIN = 1200, 18, 66, 10
# Narrower ones cannot be seen.
LEAST = 0.0008
LETTER = 6.9
COLOURS: Mapping[Layer, str] = {
    "server": "#8ecae6",
    "framework": "#cdb4db",
    "application": "#ffb703",
    "JSON": "#95d5b2",
    "model": "#f4978e",
    "downstream": "#90a8ed",
    "other": "#d6d6d6",
}


def render(calls: Mapping[Calls, float], title: str, unit: str) -> str:
    """Return the flamegraph of weighted stacks of calls; ``unit`` names the weights, such as samples."""
    root = tree_of(calls)
    boxes = list(boxes_of(root, LEAST))
    depth = max((box.depth for box in boxes), default=0)
    height = TOP + (depth + 1) * ROW + MARGIN
    shapes = "\n".join(_box(box, depth, root.weight, unit) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{height}"/>\n'
        f'<text class="title" x="{MARGIN}" y="22">{_text(title)}</text>\n'
        f"{_legend(boxes)}\n"
        f'<text id="about" x="{MARGIN}" y="58">{root.weight:,.6g} {_text(unit)}; click a box to zoom in, the title '
        f'to zoom out</text>\n<g id="boxes" data-left="{MARGIN}" data-width="{WIDTH - 2 * MARGIN}">\n{shapes}\n</g>\n'
        f"<script>//<![CDATA[\n{_script()}\n//]]></script>\n</svg>\n"
    )


def _box(box: Box, depth: int, total: float, unit: str) -> str:
    frame, layer = box.calls[-1], layer_of(box.calls)
    where = f" ({short_file(frame.file)}:{frame.line})" if frame.file else ""
    label = f"{frame.name}{where}"
    about = f"{label}: {box.weight:,.6g} {unit}, {100 * box.weight / total:.1f} %, {layer}"
    width = box.width * (WIDTH - 2 * MARGIN)
    x, y = MARGIN + box.start * (WIDTH - 2 * MARGIN), TOP + (depth - box.depth) * ROW
    return (
        f'<g data-start="{box.start:.6f}" data-share="{box.width:.6f}" data-depth="{box.depth}">'
        f"<title>{_text(about)}</title>"
        f'<rect x="{x:.2f}" y="{y}" width="{max(width - 0.5, 0.3):.2f}" height="{ROW - 1}" fill="{COLOURS[layer]}"/>'
        f'<text x="{x + 3:.2f}" y="{y + 13}" data-label="{_text(label)}">{_text(_fitting(label, width))}</text></g>'
    )


def _fitting(label: str, width: float) -> str:
    letters = int((width - 6) / LETTER)
    if letters < 3:
        return ""
    return label if len(label) <= letters else f"{label[: letters - 2]}.."


def _legend(boxes: list[Box]) -> str:
    met = {layer_of(box.calls) for box in boxes}
    shown = [layer for layer in COLOURS if layer in met]
    parts = []
    for number, layer in enumerate(shown):
        x = MARGIN + 110 * number
        parts.append(f'<rect x="{x}" y="31" width="12" height="12" fill="{COLOURS[layer]}"/>')
        parts.append(f'<text x="{x + 17}" y="41">{_text(layer)}</text>')
    return "".join(parts)


def _text(text: str) -> str:
    return escape(visible(text), quote=True)


def _script() -> str:
    return files("stackduel.report.flamegraph").joinpath("zoom.js").read_text(encoding="utf-8").strip()


_STYLE = (
    "text{font:11.5px ui-monospace,Menlo,Consolas,monospace;fill:#111}.title{font:bold 15px system-ui,sans-serif;"
    "cursor:pointer}.page{fill:#fff}#boxes text{pointer-events:none}#boxes rect:hover{stroke:#111;stroke-width:1}"
    "#boxes g{cursor:pointer}.away{display:none}"
)
