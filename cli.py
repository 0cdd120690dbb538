"""The command line: `scopewright --help`."""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from offline import offline

if TYPE_CHECKING:
    from app import Database
    from settings import Settings

# The server, the database and the schema take seconds to import: each command brings in what it needs, so that `--help` and
# `schedule` answer at once.

app = typer.Typer(
    name="scopewright",
    help="Contracts, scope, change orders and client money for freelancers, over GraphQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.add_typer(offline)

FIRST_QUERY = "{ viewer { name role } practice { name } }"


def _fail(message: str) -> NoReturn:
    """One line on standard error, and exit code 1."""
    typer.secho(message, err=True, fg="red")
    raise typer.Exit(1)


def _settings() -> "Settings":
    from services.gateways.telemetry.logs import configure_logging
    from settings import SettingsError, read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        _fail(str(error))
    configure_logging(format=settings.log_format, level=settings.log_level)
    return settings


@contextlib.contextmanager
def _ready_database(settings: "Settings") -> Iterator["Database"]:
    """A database that is up and migrated; every way this can fail ends in one line that says what to do."""
    import asyncpg

    from app import bring_up_to_date, database, install_keys
    from db.embedded import EmbeddedError
    from settings import SettingsError

    try:
        with database(settings) as where:
            bring_up_to_date(settings, where)
            install_keys(settings)
            yield where
    except (EmbeddedError, SettingsError, PermissionError) as error:
        _fail(str(error))
    except asyncpg.InsufficientPrivilegeError as error:
        _fail(f"DATABASE_URL's role may not do what migrations do: {error}")
    except (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.InvalidAuthorizationSpecificationError,
    ) as error:
        _fail(
            f"The database does not answer: {error}. Check DATABASE_URL, or run: scopewright doctor"
        )


@app.command()
def serve(
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also send what is in the outbox.")
    ] = True,
    with_demo: Annotated[
        bool,
        typer.Option("--demo/--no-demo", help="Load the demo practice into an empty database."),
    ] = True,
) -> None:
    """Start everything: database, migrations, demo practice, GraphQL, the pages and the worker."""
    import asyncio

    from serving import CannotServe, claim_port, claimed_folder, server_of

    settings = _settings()
    try:
        claim_port(settings)
        with claimed_folder(settings):
            # Both claims come before the seconds that this import takes: a second server is refused at once.
            from app import create_app

            with _ready_database(settings) as where:
                if with_demo and asyncio.run(_is_empty(where)):
                    _load_demo(settings, where)
                _greet(settings)
                application = create_app(settings, where.runtime_url, with_worker=with_worker)
                server = server_of(application, settings)
                server.run()
    except CannotServe as error:
        _fail(str(error))
    raise typer.Exit(0 if server.started else 1)


def _tokens_file(settings: "Settings") -> Path:
    return settings.var_dir / "demo_tokens.json"


def _greet(settings: "Settings") -> None:
    """Where it is, how to get in, and what to ask first."""
    echo = typer.echo
    echo(
        f"\nScopewright is at {settings.base_url}   (GraphQL and GraphiQL: {settings.base_url}/graphql)"
    )
    path = _tokens_file(settings)
    if path.exists():
        tokens = json.loads(path.read_text())
        echo("\nA token for each role of the demo practice:")
        for role, token in tokens.items():
            echo(f"  {role:<11} {token}")
        body = json.dumps({"query": FIRST_QUERY})
        echo("\nA first query to paste:")
        echo(
            f"  curl -s {settings.base_url}/graphql -H 'content-type: application/json' \\\n"
            f"    -H 'authorization: Bearer {tokens['owner']}' -d '{body}'"
        )
    echo("\nCtrl-C ends all of it.\n")
    sys.stdout.flush()


async def _is_empty(where: "Database") -> bool:
    import asyncpg

    connection = await asyncpg.connect(where.owner_url)
    try:
        return not await connection.fetchval("select exists (select from practice)")
    finally:
        await connection.close()


def _load_demo(settings: "Settings", where: "Database") -> None:
    """Play the main job over HTTP in this process, and keep one token per role for later starts."""
    import asyncio

    from demo.load import load_demo
    from services.gateways.telemetry.logs import configure_logging

    typer.echo("Playing the main job in a demo practice …", err=True)
    # Forty lines of requests would hide the few that matter.
    configure_logging(format=settings.log_format, level="WARNING")
    tokens = asyncio.run(load_demo(settings, where.runtime_url))
    configure_logging(format=settings.log_format, level=settings.log_level)
    handle = os.open(_tokens_file(settings), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(tokens, file)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema, all of it or nothing."""
    import asyncpg

    from app import bring_up_to_date, database
    from db.embedded import EmbeddedError
    from settings import SettingsError

    settings = _settings()
    try:
        with database(settings) as where:
            names = bring_up_to_date(settings, where)
    except (EmbeddedError, SettingsError, OSError, asyncpg.PostgresError) as error:
        _fail(f"Not migrated: {error}")
    typer.echo("\n".join(f"ran {name}" for name in names) or "Nothing to do.")


@app.command()
def demo() -> None:
    """Add a demo practice that plays the whole main job, and print a token for each of its roles."""
    settings = _settings()
    with _ready_database(settings) as where:
        _load_demo(settings, where)
    for role, token in json.loads(_tokens_file(settings).read_text()).items():
        typer.echo(f"{role:<11} {token}")


@app.command()
def worker() -> None:
    """Send what is in the outbox and do what is due, until Ctrl-C."""
    import asyncio

    settings = _settings()
    with _ready_database(settings) as where:
        asyncio.run(_work(settings, where))


async def _work(settings: "Settings", where: "Database") -> None:
    import asyncio

    from app import worker as work
    from db.engine import DB
    from services.gateways.clock import SystemClock

    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await DB.open(where.runtime_url, pool_size=settings.pool_size)
    try:
        async with work(settings, where.runtime_url, SystemClock()):
            typer.echo("The worker is at work. Ctrl-C ends it.")
            await ended.wait()
    finally:
        await DB.close()


@app.command()
def token(
    role: Annotated[str, typer.Option(help="owner, staff, assistant or accountant.")] = "owner",
    practice: Annotated[
        str, typer.Option(help="The practice's id; may be left out where there is one.")
    ] = "",
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
) -> None:
    """Issue an API token for a member of that role and print it: it is not shown again."""
    import asyncio

    from services.rules.errors import DomainError

    settings = _settings()
    with _ready_database(settings) as where:
        try:
            typer.echo(asyncio.run(_issue(settings, where, role, practice, name)))
        except (DomainError, LookupError, ValueError) as error:
            _fail(str(error))


async def _issue(
    settings: "Settings", where: "Database", role: str, practice: str, name: str
) -> str:
    from datetime import UTC, datetime
    from uuid import UUID

    import asyncpg

    from db.engine import DB
    from services.access import issue_token
    from services.practices import system_actor

    connection = await asyncpg.connect(where.owner_url)
    try:
        rows = await connection.fetch(
            """
            select m.tenant_id, m.id, p.name as practice from member m join practice p on p.tenant_id = m.tenant_id
            where m.role = $1 and m.is_active and ($2::uuid is null or m.tenant_id = $2) order by m.id
            """,
            role,
            UUID(practice) if practice else None,
        )
    finally:
        await connection.close()
    if not rows:
        raise LookupError(f"No active member with the role {role}.")
    if len({row["tenant_id"] for row in rows}) > 1:
        names = ", ".join(sorted({f"{row['practice']} ({row['tenant_id']})" for row in rows}))
        raise LookupError(f"Several practices; choose one with --practice: {names}")
    await DB.open(where.runtime_url, pool_size=2)
    try:
        issued = await issue_token(
            system_actor(rows[0]["tenant_id"], "command line"),
            member_id=rows[0]["id"],
            name=name,
            expires_at=None,
            now=datetime.now(UTC),
        )
    finally:
        await DB.close()
    return issued.token


@app.command()
def query(
    operation: Annotated[str, typer.Argument(help="A GraphQL operation, or @FILE with one.")],
    token: Annotated[
        str,
        typer.Option(help="Your token; by default the demo practice's owner.", show_default=False),
    ] = "",
    text: Annotated[
        list[str] | None, typer.Option(help="A variable: NAME=TEXT or NAME=@FILE, as a string.")
    ] = None,
    as_json: Annotated[
        list[str] | None, typer.Option("--json", help="A variable: NAME=JSON or NAME=@FILE.")
    ] = None,
) -> None:
    """Ask the server that runs, and print its answer; exit code 1 if it refuses."""
    import httpx

    settings = _settings()
    try:
        token = token or json.loads(_tokens_file(settings).read_text())["owner"]
        variables: dict[str, Any] = dict(_variable(given) for given in text or [])
        variables |= {name: json.loads(value) for name, value in map(_variable, as_json or [])}
        answer = httpx.post(
            f"{settings.base_url}/graphql",
            json={"query": _read(operation), "variables": variables},
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
    except (OSError, ValueError, httpx.HTTPError) as error:
        _fail(f"Could not ask: {error}")
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    refused = answer.get("errors") or any(
        isinstance(v, dict) and v.get("userErrors") for v in (answer.get("data") or {}).values()
    )
    raise typer.Exit(1 if refused else 0)


def _read(given: str) -> str:
    return Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given


def _variable(given: str) -> tuple[str, str]:
    name, separator, value = given.partition("=")
    if not separator:
        raise ValueError(f"a variable is written NAME=VALUE, not {given!r}")
    return name, _read(value)


@app.command()
def schema() -> None:
    """Print the schema in the schema definition language."""
    from schema.root import sdl

    typer.echo(sdl(), nl=False)


@app.command()
def doctor() -> None:
    """Say what is missing or wrong on this machine, and how to fix it."""
    from doctor import examine

    findings = examine()
    for finding in findings:
        mark = {"ok": "✓", "note": "·", "wrong": "✗"}[finding.verdict]
        typer.echo(f"{mark} {finding.what}")
        if finding.remedy:
            typer.echo(f"    → {finding.remedy}")
    raise typer.Exit(1 if any(f.verdict == "wrong" for f in findings) else 0)


if __name__ == "__main__":
    app()
