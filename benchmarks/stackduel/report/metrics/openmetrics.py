"""Samples as a file of OpenMetrics 1.0, which ``promtool tsdb create-blocks-from openmetrics`` takes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackduel.report.metrics.trial_samples import METRICS, MetricSample


def openmetrics(samples: Iterable[MetricSample]) -> str:
    """Return the file's text: the samples of each metric together, with their times."""
    by_name: dict[str, list[MetricSample]] = {name: [] for name in METRICS}
    for sample in samples:
        by_name[sample.name].append(sample)
    lines = []
    for name, found in by_name.items():
        if found:
            lines += [f"# TYPE {name} gauge", f"# HELP {name} {METRICS[name]}"]
            lines += [f"{name}{_labels(each.labels)} {each.value!r} {each.at_s:.3f}" for each in found]
    return "\n".join([*lines, "# EOF", ""])


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
