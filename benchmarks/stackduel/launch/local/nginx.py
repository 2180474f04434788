"""nginx in front of a local stack: a process with a folder of its own, which is gone with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.launch.health_check import health_check
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.local.local_process import LocalProcess
from stackduel.launch.local.nginx_config import nginx_config
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Stack
from stackduel.model.target import Address
from stackduel.planning.nginx_lookup import INSTALL_NGINX, nginx_program


@contextmanager
def nginx_before(launcher: LocalLauncher, stack: Stack, upstream: Address) -> Iterator[LocalProcess]:
    """Start the nginx of a stack in front of its address, and wait until it passes the health check on.

    Raises LaunchError with its log.
    """
    program, proxy = nginx_program(), stack.proxy
    if program is None or proxy is None:
        raise LaunchError(f"{stack.name}: nginx is not installed: {INSTALL_NGINX}")
    with tempfile.TemporaryDirectory(prefix="stackduel-nginx-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        # Started by root, its workers run as another user, and must reach their files in it.
        folder.chmod(0o711)
        config = folder / "nginx.conf"

        def words(listen: Address) -> tuple[str, ...]:
            config.write_text(nginx_config(proxy, folder, listen, upstream), encoding="utf-8")
            return (str(program), "-p", str(folder), "-c", str(config), "-e", "stderr")

        with launcher.beside(f"{stack.name}.nginx", words, health_check(stack), stack.asked, folder) as process:
            yield process
