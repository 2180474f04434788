"""Starts a server that lies outside of the user's environment, in the user's own interpreter.

``PYTHON layered_server.py FOLDER MODULE:FUNCTION PROGRAM WORD...`` appends the packages in ``FOLDER`` to the path, so
that all of the environment's own come first, and then does what the console script ``PROGRAM`` does. A worker process
that is forked has the same path, and one that is spawned is given it by multiprocessing, which runs this file once more
under another name. Nothing is handed on by PYTHONPATH, whose packages would come first. It needs nothing but the
standard library of CPython 3.10 to 3.14, and imports nothing of ours.
"""

from __future__ import annotations

import sys


def main(folder: str, start: str, program: str, *words: str) -> None:
    """Start the server, and exit as it does."""
    # Imported here, as a worker that multiprocessing spawns runs this file without starting anything.
    import site  # noqa: PLC0415
    from operator import attrgetter  # noqa: PLC0415

    site.addsitedir(folder)
    sys.argv = [program, *words]
    module, _, function = start.partition(":")
    # The beginning of the function's name may be a module, as in granian:cli.entrypoint.
    found = __import__(module, fromlist=[function.partition(".")[0]])
    sys.exit(attrgetter(function)(found)())


if __name__ == "__main__":
    del sys.path[0]
    main(*sys.argv[1:])
