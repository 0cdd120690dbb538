"""Reads of the practice, its members and their tokens."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from db.unit_of_work import UnitOfWork


async def practice(uow: UnitOfWork) -> asyncpg.Record | None:
    """The practice whose unit of work this is."""
    return await uow.fetchrow(
        "select * from practice where tenant_id = $1 and id = $1", uow.tenant_id
    )


async def members(uow: UnitOfWork) -> list[asyncpg.Record]:
    """All members, by name."""
    return await uow.fetch(
        "select * from member where tenant_id = $1 order by name, id", uow.tenant_id
    )


async def member_by_id(uow: UnitOfWork, member_id: UUID) -> asyncpg.Record | None:
    """One member."""
    return await uow.fetchrow(
        "select * from member where tenant_id = $1 and id = $2", uow.tenant_id, member_id
    )


async def member_by_identity(uow: UnitOfWork, issuer: str, subject: str) -> asyncpg.Record | None:
    """The active member whom an identity provider knows by `subject`."""
    return await uow.fetchrow(
        """
        select m.*, p.timezone from member m join practice p on p.tenant_id = m.tenant_id
        where m.tenant_id = $1 and p.tenant_id = $1 and m.oidc_issuer = $2 and m.oidc_subject = $3
          and m.is_active
        """,
        uow.tenant_id, issuer, subject,
    )  # fmt: skip


async def token_with_member(uow: UnitOfWork, token_id: UUID) -> asyncpg.Record | None:
    """A token's hash and validity beside the member it speaks for."""
    return await uow.fetchrow(
        """
        select t.secret_hash, t.expires_at, t.revoked_at,
               m.id as member_id, m.name, m.role, m.is_active, p.timezone
        from api_token t
        join member m on m.tenant_id = t.tenant_id and m.id = t.member_id
        join practice p on p.tenant_id = t.tenant_id
        where t.tenant_id = $1 and m.tenant_id = $1 and p.tenant_id = $1 and t.id = $2
        """,
        uow.tenant_id, token_id,
    )  # fmt: skip


async def tokens(uow: UnitOfWork) -> list[asyncpg.Record]:
    """All tokens, newest first, without their hashes."""
    return await uow.fetch(
        """
        select id, member_id, name, expires_at, revoked_at, created_at from api_token
        where tenant_id = $1 order by created_at desc, id desc
        """,
        uow.tenant_id,
    )


async def audit_events(
    uow: UnitOfWork, *, row_id: UUID | None, before_position: int | None, limit: int
) -> list[asyncpg.Record]:
    """The audit trail, newest first; of one row where `row_id` is given."""
    return await uow.fetch(
        """
        select * from audit_event
        where tenant_id = $1 and ($2::uuid is null or row_id = $2)
          and ($3::bigint is null or position < $3)
        order by position desc limit $4
        """,
        uow.tenant_id, row_id, before_position, limit,
    )  # fmt: skip


async def broken_audit_events(uow: UnitOfWork) -> int:
    """How many entries of the audit trail no longer hash to what was written."""
    count: int = await uow.fetchval(
        "select count(*) from audit_event e where e.tenant_id = $1 and e.digest <> audit_digest(e)",
        uow.tenant_id,
    )
    return count


async def count_audit_events(uow: UnitOfWork, *, row_id: UUID | None) -> int:
    """How long the audit trail is; that of one row where `row_id` is given."""
    count: int = await uow.fetchval(
        "select count(*) from audit_event where tenant_id = $1 and ($2::uuid is null or row_id = $2)",
        uow.tenant_id, row_id,
    )  # fmt: skip
    return count


def json_value(text: str | None) -> Any:
    """A JSONB column as Python values; asyncpg hands it over as text."""
    return None if text is None else orjson.loads(text)
