"""Work that stops when it is not paid for."""

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Any, Self, cast
from uuid import UUID

import orjson
import strawberry

from db.queries import dunning as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.dunning.reads import listed, nodes
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.retainers import money
from schema.scalars import Money
from services import suspensions

SUSPENSIONS_NEWEST_FIRST = Keyset("suspensions.served", (UUID,))


@strawberry.enum(description="Where a suspension stands.")
class SuspensionStatus(Enum):
    """Lifted and withdrawn ones stand."""

    SERVED = strawberry.enum_value("served", description="Notice is served; the work goes on.")
    SUSPENDED = strawberry.enum_value("suspended", description="The work stands still.")
    LIFTED = strawberry.enum_value("lifted", description="The work goes on again.")
    WITHDRAWN = strawberry.enum_value("withdrawn", description="It ended before the work stopped.")


@strawberry.enum(description="How notice of suspension is served.")
class ServedHow(Enum):
    """A mail goes out; the others are written down."""

    MAIL = strawberry.enum_value("mail", description="By a mail to the billing contacts, now.")
    LETTER = strawberry.enum_value("letter", description="By letter.")
    IN_PERSON = strawberry.enum_value("in_person", description="Handed over.")


@strawberry.type(description="Work that may stop, stops and goes on again, by the contract's clause.")  # fmt: skip
class Suspension(Node):
    """Once lifted it says by how much the contract's dates move."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    status: SuspensionStatus = strawberry.field(description="Where it stands.")
    undisputed: Money = strawberry.field(description="What was overdue beyond dispute when notice was served.")  # fmt: skip
    overdue_days: int = strawberry.field(description="By the clause: more than so many days overdue.")  # fmt: skip
    notice_days: int = strawberry.field(description="By the clause: so many days to pay after notice.")  # fmt: skip
    served_on: date = strawberry.field(description="When notice was served.")
    served_how: ServedHow = strawberry.field(description="How.")
    proof: str = strawberry.field(description="What proves it.")
    may_stop_on: date = strawberry.field(description="The first day on which work may stop.")
    suspended_on: date | None = strawberry.field(description="The first day without work.")
    ended_on: date | None = strawberry.field(description="The last day without work, or of the notice.")  # fmt: skip
    is_paid: bool | None = strawberry.field(description="Whether payment ended it.")
    end_reason: str = strawberry.field(description="Why else.")
    working_days: int | None = strawberry.field(description="Working days lost: by so many every date moves.")  # fmt: skip
    delivery_before: date | None = strawberry.field(description="The delivery date as it was agreed.")  # fmt: skip
    delivery_after: date | None = strawberry.field(description="The delivery date that the clause entitles to; `draftExtension` writes it down.")  # fmt: skip
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        clause = orjson.loads(row["clause"])
        same = (
            "served_on", "proof", "may_stop_on", "suspended_on", "ended_on", "is_paid", "end_reason", "working_days",
            "delivery_before", "delivery_after", "version",
        )  # fmt: skip
        return cls(
            id=encode_id("Suspension", row["id"]),
            engagement_id=encode_id("Engagement", row["engagement_id"]),
            status=SuspensionStatus(row["status"]),
            served_how=ServedHow(row["served_how"]),
            undisputed=money(row["undisputed_minor"], row["currency"]),
            overdue_days=clause["overdue_days"],
            notice_days=clause["notice_days"],
            **{name: row[name] for name in same},
        )


@fetches("Suspension")
async def _suspensions(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    return await nodes(info, "suspension", ids, Suspension.of)


@strawberry.type
class SuspensionQuery:
    """Mixed into Query."""

    @strawberry.field(description="Suspensions, newest first; of one client or one engagement.")
    async def suspensions(
        self,
        info: Info,
        *,
        client_id: strawberry.ID | None = None,
        engagement_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Suspension]:
        """Served, in force and over."""
        page = SUSPENSIONS_NEWEST_FIRST.page(first, after, last, before)
        return await listed(
            info, "suspension", page, Suspension.of, client_id=client_id, engagement_id=engagement_id
        )  # fmt: skip


@strawberry.input(description="Notice that work will stop.")
class ServeSuspensionNoticeInput:
    """By the contract's clause."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    served_how: ServedHow = strawberry.field(description="How it is served.")
    served_on: date | None = strawberry.field(default=None, description="When, if not by mail; today where null.")  # fmt: skip
    proof: str = strawberry.field(default="", description="What proves it, such as a postal receipt.")  # fmt: skip


@strawberry.input(description="Work to stop from today.")
class SuspendWorkInput:
    """Once the days of the notice have gone by."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The suspension's version you saw.")


@strawberry.input(description="Work to go on although not all is paid.")
class LiftSuspensionInput:
    """Or a notice taken back."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    reason: str = strawberry.field(description="Why.")


@strawberry.input(description="The days without work, as a change order.")
class DraftExtensionInput:
    """It is sent like any other."""

    suspension_id: strawberry.ID = strawberry.field(description="The suspension; it is lifted.")


@strawberry.type(description="The suspension, or why not.")
class SuspensionPayload(Payload):
    """Answer of mutations of suspensions."""

    suspension: Suspension | None = strawberry.field(default=None, description="As it is now.")


@strawberry.type(description="The change order that was drafted, or why not.")
class DraftExtensionPayload(Payload):
    """Answer of `draftExtension`."""

    change_order_id: strawberry.ID | None = strawberry.field(default=None, description="The order.")


async def _payload(info: Info, suspension_id: UUID) -> SuspensionPayload:
    async with read_only(info.context.actor.scope()) as uow:
        (row,) = await queries.rows_by_ids(uow, "suspension", [suspension_id])
    return SuspensionPayload(suspension=Suspension.of(row))


@strawberry.type
class SuspensionMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Serve notice that work will stop. For owner, staff and assistant.")  # fmt: skip
    @refusals_as(SuspensionPayload)
    async def serve_suspension_notice(
        self, info: Info, input: ServeSuspensionNoticeInput
    ) -> SuspensionPayload:
        """Where enough is overdue beyond dispute."""
        suspension_id = await suspensions.serve_suspension_notice(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            served_how=cast(suspensions.Served, input.served_how.value),
            served_on=input.served_on,
            proof=input.proof,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, suspension_id)

    @strawberry.mutation(description="Stop the work. For owner and staff.")
    @refusals_as(SuspensionPayload)
    async def suspend_work(self, info: Info, input: SuspendWorkInput) -> SuspensionPayload:
        """From today."""
        suspension_id = await suspensions.suspend(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            expected_version=input.expected_version,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, suspension_id)

    @strawberry.mutation(description="Let the work go on although not all is paid, or take the notice back. For the owner.")  # fmt: skip
    @refusals_as(SuspensionPayload)
    async def lift_suspension(self, info: Info, input: LiftSuspensionInput) -> SuspensionPayload:
        """Full payment does it by itself."""
        suspension_id = await suspensions.lift_suspension(
            info.context.actor,
            decode_id("Engagement", input.engagement_id, "engagementId"),
            reason=input.reason,
            today=info.context.today,
            now=info.context.now,
        )
        return await _payload(info, suspension_id)

    @strawberry.mutation(description="Draft the change order that moves the dates by the days without work. For owner, staff and assistant.")  # fmt: skip
    @refusals_as(DraftExtensionPayload)
    async def draft_extension(
        self, info: Info, input: DraftExtensionInput
    ) -> DraftExtensionPayload:
        """A pause."""
        order_id = await suspensions.draft_extension(
            info.context.actor,
            decode_id("Suspension", input.suspension_id, "suspensionId"),
            today=info.context.today,
            now=info.context.now,
        )
        return DraftExtensionPayload(change_order_id=encode_id("ChangeOrder", order_id))
