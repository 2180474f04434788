"""``stackduel schema``: the JSON Schema of run.json."""

from __future__ import annotations

import json

import click

from stackduel.storage.schema import schema


def show() -> int:
    """Print the schema; returns the exit status."""
    click.echo(text(), nl=False)
    return 0


def text() -> str:
    """The schema as docs/run.schema.json holds it."""
    return json.dumps(schema(), indent=1) + "\n"
