"""SQL, run by psql: it needs no driver, and takes the password from its environment, where no list shows it."""

from __future__ import annotations

import os
import subprocess

from stackduel.model.database_place import DatabasePlace
from stackduel.model.errors import LaunchError

WITHIN_S = 60.0
CONNECTS_WITHIN_S = 10
SHOWN_LINES = 5


def run_sql(psql: str, place: DatabasePlace, sql: str) -> str:
    """Run SQL in a database, all of it or nothing after an error; return what it printed. Raises LaunchError."""
    words = [psql, "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    try:
        ended = subprocess.run(
            words,
            input=sql,
            capture_output=True,
            text=True,
            env=_environment(place),
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LaunchError(f"the database did not answer within {WITHIN_S:g} s") from None
    except OSError as error:
        raise LaunchError(f"{psql} cannot be started: {error.strerror}") from error
    if ended.returncode:
        log = "\n".join(ended.stderr.strip().splitlines()[-SHOWN_LINES:])
        raise LaunchError(f"the database on {place.host}:{place.port} refused what was asked of it", log)
    return ended.stdout


def _environment(place: DatabasePlace) -> dict[str, str]:
    """Return the environment of psql: of the user's own settings for PostgreSQL only those of TLS count."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PG") or key.startswith("PGSSL")}
    own = {"PGHOST": place.host, "PGPORT": str(place.port), "PGUSER": place.user, "PGDATABASE": place.name}
    # Notices, such as that something was not there to be dropped, are no errors.
    own |= {"PGCONNECT_TIMEOUT": str(CONNECTS_WITHIN_S), "PGOPTIONS": "-c client_min_messages=warning"}
    return {**inherited, **own, **({"PGPASSWORD": place.password} if place.password else {})}
