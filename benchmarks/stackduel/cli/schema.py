"""``stackduel schema``: the JSON Schema of run.json."""

from __future__ import annotations

import json

import click

from stackduel.storage.run_schema import schema


@click.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of run.json."""
    click.echo(text(), nl=False)
    return 0


def text() -> str:
    """Return the schema as docs/run.schema.json holds it."""
    return json.dumps(schema(), indent=1) + "\n"
