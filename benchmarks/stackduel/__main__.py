"""``stackduel``, which ``python -m stackduel`` is, too."""

# Nothing else is imported before the working directory is off the path: a user's queue.py would take the place of
# Python's own. These two are always loaded already: Python needs them to start.
import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command line without the modules of the working directory, and exit."""
    leave_out_working_directory()
    from stackduel.cli import main as run  # noqa: PLC0415 - the path comes first

    run(arguments)


def leave_out_working_directory() -> None:
    """Take the working directory off the import path, unless this package lies in it.

    ``python -m`` and ``PYTHONPATH=.`` put it there. The user's own commands get the environment unchanged.
    """
    here = os.getcwd()  # noqa: PTH109 - pathlib imports a dozen modules that the user's folder may hide
    if not (_holds(here, "stackduel") or _holds(here, "stackduel_servers")):
        sys.path[:] = [folder for folder in sys.path if folder and os.path.abspath(folder) != here]  # noqa: PTH100


def _holds(folder: str, package: str) -> bool:
    return os.path.isfile(os.path.join(folder, package, "__init__.py"))  # noqa: PTH113, PTH118


if __name__ == "__main__":
    main()
