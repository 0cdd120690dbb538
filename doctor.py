"""What is missing or wrong on this machine, and how to fix it: the findings behind `scopewright doctor`."""

import asyncio
import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import asyncpg

from app import database
from db.embedded import EmbeddedError, bindir
from db.migrate import pending
from settings import Settings, SettingsError, read_settings

OLDEST_POSTGRESQL = 150000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A `note` is optional and works without; `wrong` must be fixed."""

    verdict: Literal["ok", "note", "wrong"]
    what: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at everything there is; never raises, never changes data."""
    findings = [_python(), *_packages()]
    try:
        settings = read_settings()
    except SettingsError as error:
        return [*findings, Finding("wrong", f"settings: {error}", "see .env.example")]
    findings += [
        Finding("ok", "settings can be read"),
        _folder(settings.var_dir),
        _secret(settings),
    ]
    findings += list(_database(settings))
    findings += [_mail(settings), *_programs()]
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 (this is where it is checked)
        return Finding("wrong", f"Python {version} is too old", "install Python 3.11 or newer")
    return Finding("ok", f"Python {version}")


def _packages() -> Iterator[Finding]:
    lock = Path(__file__).parent / "requirements.lock"
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE))
    wrong = []
    for name, version in pinned.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # a pin for another platform or Python, or it would have failed at import
        if found != version:
            wrong.append(f"{name} {found} instead of {version}")
    if wrong:
        yield Finding(
            "wrong",
            f"packages differ from the lock: {', '.join(wrong)}",
            "run: make clean && make serve",
        )
    else:
        yield Finding("ok", "packages are those of the lock")


def _folder(folder: Path) -> Finding:
    at = folder if folder.exists() else folder.absolute().parent
    if not os.access(at, os.W_OK):
        return Finding(
            "wrong", f"cannot write in {folder}", "give yourself rights to it, or set VAR_DIR"
        )
    free = shutil.disk_usage(at).free
    if free < 1 << 30:
        return Finding("wrong", f"{free >> 20} MiB free for {folder}", "make room: 1 GiB or more")
    return Finding("ok", f"data folder {folder}, {free >> 30} GiB free")


def _secret(settings: Settings) -> Finding:
    if settings.secret_key is None and not (settings.var_dir / "secret_key").exists():
        return Finding(
            "note",
            "no secret key yet",
            "made at the first start; keep a copy of it with your backups",
        )
    try:
        settings.derived_key("doctor")
    except SettingsError as error:
        return Finding("wrong", str(error))
    return Finding("ok", "the secret key can be read by you alone")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        try:
            yield Finding("ok", f"embedded PostgreSQL at {bindir()}")
        except EmbeddedError as error:
            yield Finding(
                "wrong",
                f"embedded PostgreSQL: {error}",
                "run: make clean && make serve, or set DATABASE_URL",
            )
            return
        if not (settings.var_dir / "postgres").exists():
            yield Finding("note", "no database yet", "made at the first start")
            return
    place = "the embedded database"
    if settings.database_url is not None:
        place = f"the database at {urlsplit(settings.database_url).hostname or 'a local socket'}"
    try:
        with database(settings) as where:
            yield from asyncio.run(_look_inside(where.owner_url, where.runtime_url, place))
    except (EmbeddedError, OSError, asyncpg.PostgresError) as error:
        yield Finding(
            "wrong",
            f"{place} does not answer: {error}",
            "check DATABASE_URL and that the server runs",
        )


async def _look_inside(owner_url: str, runtime_url: str, place: str) -> list[Finding]:
    findings = []
    owner = await asyncpg.connect(owner_url)
    try:
        version = int(await owner.fetchval("show server_version_num"))
        said = await owner.fetchval("show server_version")
        if version < OLDEST_POSTGRESQL:
            findings.append(
                Finding("wrong", f"{place} is PostgreSQL {said}", "use PostgreSQL 15 or newer")
            )
        else:
            findings.append(Finding("ok", f"{place} answers: PostgreSQL {said}"))
        for setting in ("fsync", "full_page_writes"):
            if await owner.fetchval(f"show {setting}") != "on":
                findings.append(
                    Finding(
                        "wrong", f"{setting} is off: a crash can lose money", f"set {setting} = on"
                    )
                )
        waiting = await pending(owner)
        if waiting:
            findings.append(
                Finding(
                    "wrong", f"{len(waiting)} migrations have not run", "run: ./scopewright migrate"
                )
            )
            return findings
        findings.append(Finding("ok", "every migration has run"))
        broken = await owner.fetchval(
            "select count(*) from audit_event e where e.digest <> audit_digest(e)"
        )
        if broken:
            findings.append(
                Finding(
                    "wrong",
                    f"{broken} entries of the audit trail were altered",
                    "compare with a backup",
                )
            )
        else:
            findings.append(Finding("ok", "the audit trail is intact"))
        findings += await _books(owner)
    finally:
        await owner.close()
    try:
        await (await asyncpg.connect(runtime_url)).close()
        findings.append(Finding("ok", "the runtime role can log in"))
    except (OSError, asyncpg.PostgresError) as error:
        findings.append(
            Finding(
                "wrong", f"the runtime role cannot log in: {error}", "run: ./scopewright migrate"
            )
        )
    return findings


async def _books(owner: asyncpg.Connection) -> list[Finding]:
    """Every practice's ledger: its chain, its sums, its floors."""
    broken = await owner.fetch(
        "select p.name, v.seq, v.problem from practice p cross join lateral ledger_verify(p.tenant_id) v limit 5"
    )
    if not broken:
        return [Finding("ok", "the books of every practice are sound")]
    return [
        Finding(
            "wrong",
            f"the books of {row['name']}: {row['problem']} at entry {row['seq']}",
            "compare with a backup",
        )
        for row in broken
    ]


def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding(
            "note",
            f"mail is written to {settings.mail_dir} and not sent",
            "set SMTP_URL to send it",
        )
    return Finding("ok", f"mail goes through {urlsplit(settings.smtp_url).hostname}")


def _programs() -> Iterator[Finding]:
    if shutil.which("soffice") or shutil.which("libreoffice"):
        yield Finding("ok", "LibreOffice is there: papers can be had as PDF")
    else:
        yield Finding(
            "note",
            "no LibreOffice: papers are .docx and pages, not PDF",
            "apt-get install libreoffice-writer-nogui",
        )
