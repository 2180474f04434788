"""The C library's settings in every server: it keeps freed memory for the next request (glibc; others ignore them).

By default glibc gives memory at the end of its heap back as soon as 128 KiB of it are free. The memory
for a body of some hundred KiB then comes from the kernel, page by page, and goes back with every request. That takes
longer than the rest of a bare server's work, and no framework causes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MIB = 1024 * 1024
# glibc reads these when a process starts. Each arena keeps at most this much at its end; by default there may be eight
# arenas a core, which a service of many threads would fill.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "MALLOC_TRIM_THRESHOLD_": str(4 * MIB),
        "MALLOC_MMAP_THRESHOLD_": str(4 * MIB),
        "MALLOC_ARENA_MAX": "4",
    }
)
