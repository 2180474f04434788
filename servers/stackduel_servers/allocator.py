"""How the C library allocates in every server: what is freed is kept for the next request (glibc; others ignore it).

By default glibc gives memory at the end of its heap back as soon as 128 KiB of it are free. The room for a body of some
hundred KiB is then fetched from the kernel, page by page, and given back again with every request: that takes longer
than all else that a bare server does for it, and no framework is to blame for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MIB = 1024 * 1024
# Read by glibc when a process starts. Each arena keeps so much at its end at most; by default there may be eight of
# them a core, which a service of many threads would fill.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "MALLOC_TRIM_THRESHOLD_": str(4 * MIB),
        "MALLOC_MMAP_THRESHOLD_": str(4 * MIB),
        "MALLOC_ARENA_MAX": "4",
    }
)
