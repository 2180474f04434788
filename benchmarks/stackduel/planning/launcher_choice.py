"""The launcher of a run: implied by the user's own stacks, and refused where it cannot run a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackduel.model.errors import FieldError
from stackduel.model.run_options import LauncherName, RunOptions
from stackduel.model.stack import Command, Image, Registered, Stack, Url
from stackduel.planning.selection import is_local_only

DEFAULT: LauncherName = "local"
# By launcher: the kinds of stacks that it runs, and what it does in words.
RUNS: Mapping[LauncherName, tuple[tuple[type, ...], str]] = {
    "local": ((Registered, Command), "starts commands"),
    "docker": ((Registered, Image), "starts images"),
    "compose": ((Registered,), "attaches to the registry's stacks in a project"),
    "url": ((Url,), "measures stacks by their url"),
}
# By kind: what a stack of the user's has, and the launcher that it takes.
KINDS: Mapping[type, tuple[str, LauncherName]] = {
    Command: ("a command", "local"),
    Image: ("an image", "docker"),
    Url: ("a url", "url"),
    Registered: ("no url", "local"),
}


def with_launcher(options: RunOptions, stacks: Mapping[str, Stack]) -> RunOptions:
    """Return the options with the launcher that the user's own ``stacks`` imply, if all are images or all have a url.

    A launcher that the options name stays.
    """
    named = stacks if options.stacks is None else {name: stacks[name] for name in options.stacks if name in stacks}
    kinds = {type(stack.source) for stack in named.values()}
    is_all_own = options.suite is None if options.stacks is None else len(named) == len(set(options.stacks))
    if options.launcher != DEFAULT or not is_all_own or len(kinds) != 1:
        return options
    return replace(options, launcher=KINDS[kinds.pop()][1])


def refuse_misfits(options: RunOptions, stacks: Mapping[str, Stack]) -> None:
    """Raise FieldError for stacks that the launcher cannot run."""
    fitting, does = RUNS[options.launcher]
    misfits = {name: stack for name, stack in stacks.items() if not isinstance(stack.source, fitting)}
    alone = [name for name, stack in stacks.items() if options.launcher != DEFAULT and is_local_only(stack)]
    if alone and not misfits:
        raise FieldError(
            f"--launcher: {options.launcher}: there is no container of {', '.join(alone)}: --launcher local"
        )
    if not misfits:
        return
    has, other = KINDS[type(next(iter(misfits.values())).source)]
    raise FieldError(
        f"--launcher: {options.launcher} {does}, and {', '.join(misfits)} {'has' if len(misfits) == 1 else 'have'} "
        f"{has}; one run has one launcher: --launcher {other}, or other --stacks"
    )
