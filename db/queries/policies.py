"""Reads and locks of policies, their rules, and who signed them off."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def lock_policies(uow: UnitOfWork) -> None:
    """Lock the practice's row: serialises drafting and publishing, so that numbers have no gaps and one draft is open."""
    await uow.fetchval(
        "select 1 from practice where tenant_id = $1 and id = $1 for no key update", uow.tenant_id
    )


async def policy_versions(uow: UnitOfWork) -> list[asyncpg.Record]:
    """All versions, newest first: they are few."""
    return await uow.fetch(
        "select * from policy_version where tenant_id = $1 order by number desc", uow.tenant_id
    )


async def policy_version_by_id(uow: UnitOfWork, version_id: UUID) -> asyncpg.Record | None:
    """One version."""
    return await uow.fetchrow(
        "select * from policy_version where tenant_id = $1 and id = $2", uow.tenant_id, version_id
    )


async def policy_versions_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these versions that are there."""
    return await uow.fetch(
        "select * from policy_version where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def lock_policy_version(uow: UnitOfWork, version_id: UUID) -> asyncpg.Record | None:
    """One version, locked: serialises its rules with its publication."""
    return await uow.fetchrow(
        "select * from policy_version where tenant_id = $1 and id = $2 for no key update",
        uow.tenant_id, version_id,
    )  # fmt: skip


async def newest_published(uow: UnitOfWork) -> asyncpg.Record | None:
    """The published version with the highest number."""
    return await uow.fetchrow(
        """
        select * from policy_version where tenant_id = $1 and status = 'published'
        order by number desc limit 1
        """,
        uow.tenant_id,
    )


async def rules_of(uow: UnitOfWork, version_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The rules of many versions, in order."""
    return await uow.fetch(
        """
        select * from policy_rule where tenant_id = $1 and policy_version_id = any($2)
        order by policy_version_id, position, code
        """,
        uow.tenant_id, list(version_ids),
    )  # fmt: skip


async def rule_by_id(uow: UnitOfWork, rule_id: UUID) -> asyncpg.Record | None:
    """One rule."""
    return await uow.fetchrow(
        "select * from policy_rule where tenant_id = $1 and id = $2", uow.tenant_id, rule_id
    )


async def rules_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these rules that are there."""
    return await uow.fetch(
        "select * from policy_rule where tenant_id = $1 and id = any($2)", uow.tenant_id, list(ids)
    )


async def delete_rule(uow: UnitOfWork, rule_id: UUID) -> None:
    """Take a rule out of its draft; the database refuses it for a published version."""
    await uow.execute(
        "delete from policy_rule where tenant_id = $1 and id = $2", uow.tenant_id, rule_id
    )


async def request_by_id(uow: UnitOfWork, request_id: UUID) -> asyncpg.Record | None:
    """One request for a sign-off."""
    return await uow.fetchrow(
        "select * from policy_request where tenant_id = $1 and id = $2", uow.tenant_id, request_id
    )


async def open_request(uow: UnitOfWork, client_id: UUID, version_id: UUID) -> asyncpg.Record | None:
    """The envelope by which this client is being asked to sign this version off."""
    return await uow.fetchrow(
        """
        select e.* from policy_request r
        join envelope e on e.tenant_id = $1 and e.subject_kind = 'policies' and e.subject_id = r.id
        where r.tenant_id = $1 and r.client_id = $2 and r.policy_version_id = $3
          and e.status in ('sent', 'viewed')
        order by e.id desc limit 1
        """,
        uow.tenant_id, client_id, version_id,
    )  # fmt: skip


async def sign_off(uow: UnitOfWork, client_id: UUID, version_id: UUID) -> asyncpg.Record | None:
    """A client's sign-off of a version."""
    return await uow.fetchrow(
        """
        select * from policy_sign_off
        where tenant_id = $1 and client_id = $2 and policy_version_id = $3
        """,
        uow.tenant_id, client_id, version_id,
    )  # fmt: skip


async def sign_offs(
    uow: UnitOfWork,
    *,
    client_ids: Sequence[UUID] | None = None,
    version_ids: Sequence[UUID] | None = None,
) -> list[asyncpg.Record]:
    """Sign-offs, newest first; of these clients and these versions where given."""
    return await uow.fetch(
        """
        select * from policy_sign_off where tenant_id = $1
          and ($2::uuid[] is null or client_id = any($2))
          and ($3::uuid[] is null or policy_version_id = any($3))
        order by signed_at desc, id desc
        """,
        uow.tenant_id,
        None if client_ids is None else list(client_ids),
        None if version_ids is None else list(version_ids),
    )  # fmt: skip


async def sign_offs_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these sign-offs that are there."""
    return await uow.fetch(
        "select * from policy_sign_off where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def outstanding_sign_offs(uow: UnitOfWork, version_id: UUID) -> list[asyncpg.Record]:
    """Clients in business who have not signed this version, by name, beside what they signed last and whether they are
    being asked."""
    return await uow.fetch(
        """
        select c.id as client_id, c.name,
               (select max(v.number) from policy_sign_off s
                join policy_version v on v.tenant_id = $1 and v.id = s.policy_version_id
                where s.tenant_id = $1 and s.client_id = c.id) as last_signed_number,
               (select e.id from policy_request r
                join envelope e on e.tenant_id = $1 and e.subject_kind = 'policies' and e.subject_id = r.id
                where r.tenant_id = $1 and r.client_id = c.id and r.policy_version_id = $2
                  and e.status in ('sent', 'viewed')
                order by e.id desc limit 1) as envelope_id
        from client c
        where c.tenant_id = $1 and not c.is_archived and not exists (
          select from policy_sign_off s
          where s.tenant_id = $1 and s.client_id = c.id and s.policy_version_id = $2)
        order by c.name, c.id
        """,
        uow.tenant_id, version_id,
    )  # fmt: skip
