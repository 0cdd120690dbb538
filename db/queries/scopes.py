"""Reads of scopes: the draft, versions and what they hold."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.unit_of_work import UnitOfWork


async def draft_of(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """The scope draft of an engagement."""
    return await uow.fetchrow(
        "select * from scope_draft where tenant_id = $1 and engagement_id = $2",
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def drafts_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The scope drafts of these engagements."""
    return await uow.fetch(
        "select * from scope_draft where tenant_id = $1 and engagement_id = any($2)",
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def version_by_id(uow: UnitOfWork, scope_version_id: UUID) -> asyncpg.Record | None:
    """One scope version, without what it holds."""
    return await uow.fetchrow(
        "select * from scope_version where tenant_id = $1 and id = $2",
        uow.tenant_id, scope_version_id,
    )  # fmt: skip


async def versions_by_ids(uow: UnitOfWork, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those of these scope versions that are there."""
    return await uow.fetch(
        "select * from scope_version where tenant_id = $1 and id = any($2)",
        uow.tenant_id, list(ids),
    )  # fmt: skip


async def versions_of(uow: UnitOfWork, engagement_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Every scope version of these engagements, in order of number."""
    return await uow.fetch(
        """
        select * from scope_version where tenant_id = $1 and engagement_id = any($2)
        order by engagement_id, number
        """,
        uow.tenant_id, list(engagement_ids),
    )  # fmt: skip


async def baseline_of(uow: UnitOfWork, engagement_id: UUID) -> asyncpg.Record | None:
    """The scope version that the contract made."""
    return await uow.fetchrow(
        "select * from scope_version where tenant_id = $1 and engagement_id = $2 and number = 1",
        uow.tenant_id, engagement_id,
    )  # fmt: skip


async def items_of(uow: UnitOfWork, scope_version_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The items of these scope versions in outline order."""
    return await uow.fetch(
        """
        select * from scope_item where tenant_id = $1 and scope_version_id = any($2)
        order by scope_version_id, outline
        """,
        uow.tenant_id, list(scope_version_ids),
    )  # fmt: skip


async def dependencies_of(
    uow: UnitOfWork, scope_version_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """The dependencies of these scope versions in the order drawn."""
    return await uow.fetch(
        """
        select * from scope_dependency where tenant_id = $1 and scope_version_id = any($2)
        order by scope_version_id, position
        """,
        uow.tenant_id, list(scope_version_ids),
    )  # fmt: skip


async def expectations_of(
    uow: UnitOfWork, scope_version_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """The expectations of these scope versions in order."""
    return await uow.fetch(
        """
        select * from expectation where tenant_id = $1 and scope_version_id = any($2)
        order by scope_version_id, position
        """,
        uow.tenant_id, list(scope_version_ids),
    )  # fmt: skip


async def calendars_of(uow: UnitOfWork, scope_version_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The item calendars of these scope versions in order."""
    return await uow.fetch(
        """
        select * from scope_calendar where tenant_id = $1 and scope_version_id = any($2)
        order by scope_version_id, position
        """,
        uow.tenant_id, list(scope_version_ids),
    )  # fmt: skip


async def billable_items(uow: UnitOfWork, engagement_id: UUID) -> list[asyncpg.Record]:
    """The leaves of the current scope version, each with the date it was accepted (or null), in outline order.

    Nothing else can be billed: an item that no signed paper brought into the scope is not here.
    """
    return await uow.fetch(
        """
        select i.*, a.id as acceptance_id, a.accepted_on
        from engagement e
        join scope_item i on i.tenant_id = e.tenant_id and i.scope_version_id = e.current_scope_version_id
        left join acceptance a
          on a.tenant_id = e.tenant_id and a.engagement_id = e.id and a.item_key = i.item_key
        where e.tenant_id = $1 and i.tenant_id = $1 and (a.tenant_id = $1 or a.tenant_id is null)
          and e.id = $2 and i.kind <> 'summary'
        order by i.outline
        """,
        uow.tenant_id, engagement_id,
    )  # fmt: skip
