"""The sampler that fits a started stack, and the check that it can be had."""

from __future__ import annotations

from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run_options import RunOptions
from stackduel.model.target import ContainerRef, ProcessTree, Subject, parts_of
from stackduel.observe.profiler.local_sampler import LocalSampler, py_spy
from stackduel.observe.profiler.memory_records import require_memray
from stackduel.observe.profiler.sampler import PySpyCommand, Sampler, SamplerError
from stackduel.observe.profiler.sidecar import SidecarPlace, SidecarSampler

SIDECAR_NOTE = (
    "py-spy ran in a container of its own that shared the server's process namespace and had the capability "
    "SYS_PTRACE, for this profile only; the server's container got no capability, and nothing was installed in it."
)


def require_sampler(options: RunOptions, *, memory: bool = False) -> None:
    """Raise FieldError if what the launcher needs for sampling is not installed: containers bring their own."""
    if memory:
        require_memray()
    if options.launcher == "local":
        py_spy()


def sampler_of(subject: Subject, settings: ProfileSettings, place: SidecarPlace) -> Sampler:
    """Return the sampler of a started stack, without its companion; raises SamplerError."""
    command = PySpyCommand(settings)
    match parts_of(subject)[0]:
        case ProcessTree(pid):
            return LocalSampler(pid, command)
        case ContainerRef(container_id):
            return SidecarSampler(container_id, command, place)
        case _:
            raise SamplerError("the stack runs elsewhere: its processes cannot be seen from here")
