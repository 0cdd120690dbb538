"""Alerts, and what raises them."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import alerts as queries
from db.queries import practices as practice_queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.practices import Member
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.scalars import Money
from schema.scopes.types import money
from services import alerts, engagements
from services.actor import MEMBERS

if TYPE_CHECKING:
    from schema.engagements.types import Engagement

EngagementLazy = Annotated["Engagement", strawberry.lazy("schema.engagements.types")]

ALERTS_NEWEST_FIRST = Keyset("alerts.raised", (UUID,))


@strawberry.enum(description="What an alert is about.")
class AlertKind(Enum):
    """The kinds of `services.rules.alerts`."""

    FORECAST_NEAR_PROMISE = strawberry.enum_value(
        "forecast_near_promise", description="Delivery has slipped close to the promised date."
    )
    FORECAST_PAST_PROMISE = strawberry.enum_value(
        "forecast_past_promise", description="Delivery is forecast after the promised date."
    )
    FORECAST_PAST_DEADLINE = strawberry.enum_value(
        "forecast_past_deadline",
        description="An item is forecast to end after the latest finish agreed for it.",
    )
    CONTINGENCY_USED = strawberry.enum_value(
        "contingency_used", description="The contingency is drawn beyond the set share."
    )
    BUDGET_USED = strawberry.enum_value(
        "budget_used", description="The cost budget is spent beyond the set share."
    )
    BUDGET_FORECAST_EXCEEDED = strawberry.enum_value(
        "budget_forecast_exceeded",
        description="At the cost so far the work will cost more than its budget.",
    )


@strawberry.enum(description="Where an alert stands.")
class AlertStatus(Enum):
    """It clears by itself; people only say that they have seen it."""

    OPEN = strawberry.enum_value("open", description="True, and nobody has seen to it.")
    ACKNOWLEDGED = strawberry.enum_value(
        "acknowledged", description="True, and somebody has seen to it."
    )
    CLEARED = strawberry.enum_value("cleared", description="No longer true.")


@strawberry.type(description="Something to see to while there is time. Figures that its kind does not have are null.")  # fmt: skip
class Alert(Node):
    """Kept for good; a cleared one that becomes true again is a new one."""

    row: strawberry.Private[Any]
    kind: AlertKind = strawberry.field(description="What it is about.")
    status: AlertStatus = strawberry.field(description="Where it stands.")
    item_key: str | None = strawberry.field(description="The item it is about; null for the whole.")
    raised_at: datetime = strawberry.field(description="When it became true.")
    acknowledged_at: datetime | None = strawberry.field(description="When somebody saw to it.")
    acknowledgement: str = strawberry.field(description="What they said.")
    cleared_at: datetime | None = strawberry.field(description="When it was no longer true.")
    promised_date: date | None = strawberry.field(description="The date that is at stake.")
    delivery_date: date | None = strawberry.field(description="The date that is forecast.")
    days: int | None = strawberry.field(
        description="Working days past the date at stake; of a near one, those that are left."
    )
    whole: Money | None = strawberry.field(description="The contingency, or the cost budget.")
    used: Money | None = strawberry.field(description="What is drawn or spent of it.")
    share_bps: int | None = strawberry.field(description="Used of the whole, in basis points.")
    estimate: Money | None = strawberry.field(description="The estimate at completion.")
    version: int = strawberry.field(description="Send it back as `expectedVersion`.")

    @strawberry.field(description="The engagement.")
    async def engagement(self, info: Info) -> EngagementLazy | None:
        """Imported where it is used, because an engagement shows its alerts."""
        from schema.engagements.types import engagement_loader

        return await engagement_loader(info).load(self.row["engagement_id"])

    @strawberry.field(description="Who saw to it.")
    async def acknowledged_by(self, info: Info) -> Member | None:
        """A member."""
        if self.row["acknowledged_by"] is None:
            return None
        return await _member_loader(info).load(self.row["acknowledged_by"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        data = orjson.loads(row["data"])

        def day(name: str) -> date | None:
            return date.fromisoformat(data[name]) if name in data else None

        def amount(name: str) -> Money | None:
            return money(data[name], data["currency"]) if name in data else None

        return cls(
            id=encode_id("Alert", row["id"]),
            row=row,
            kind=AlertKind(row["kind"]),
            status=AlertStatus(alerts.status_of(row)),
            item_key=row["subject"] or None,
            promised_date=day("promised_date"),
            delivery_date=day("delivery_date"),
            days=data.get("days"),
            whole=amount("whole_minor"),
            used=amount("used_minor"),
            share_bps=data.get("share_bps"),
            estimate=amount("estimate_minor"),
            **{
                name: row[name]
                for name in (
                    "raised_at", "acknowledged_at", "acknowledgement", "cleared_at", "version",
                )
            },
        )  # fmt: skip


def _member_loader(info: Info) -> DataLoader[UUID, Member | None]:
    async def load(ids: list[UUID]) -> list[Member | None]:
        async with read_only(info.context.actor.scope()) as uow:
            found = {row["id"]: Member.of(row) for row in await practice_queries.members(uow)}
        return [found.get(each) for each in ids]

    return info.context.loader("alerts.members", load)


def open_alerts_loader(info: Info) -> DataLoader[UUID, list[Alert]]:
    """The open alerts of engagements, for the field of an engagement."""
    return info.context.children(
        "alerts.of_engagement", "engagement_id", queries.alerts_of, Alert.of
    )


@fetches("Alert")
async def _alerts(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.alerts_by_ids(uow, ids)
    return {row["id"]: Alert.of(row) for row in rows}


@strawberry.type(description="When alerts are raised in an engagement, or in the practice.")
class AlertThresholds:
    """What is set for the engagement counts, else what is set for the practice, else the built-in defaults."""

    near_days: int = strawberry.field(
        description="Working days before the promised date within which a slipped delivery is near it."
    )
    contingency_bps: int = strawberry.field(
        description="The share of the contingency that may be drawn, in basis points."
    )
    budget_bps: int = strawberry.field(
        description="The share of the cost budget that may be spent, in basis points."
    )
    own_near_days: int | None = strawberry.field(description="What is set here; null falls through.")  # fmt: skip
    own_contingency_bps: int | None = strawberry.field(
        description="What is set here; null falls through."
    )
    own_budget_bps: int | None = strawberry.field(
        description="What is set here; null falls through."
    )
    version: int = strawberry.field(
        description="Send it back as `expectedVersion`; 0 where nothing was ever set."
    )


async def alert_thresholds(info: Info, engagement_id: UUID | None) -> AlertThresholds:
    """What counts in an engagement or the practice. Raises `Forbidden`, `NotFound`."""
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        if engagement_id is not None:
            await engagements.found(uow, engagement_id)
        found = await alerts.thresholds(uow, engagement_id)
    return AlertThresholds(
        near_days=found.in_force.near_days,
        contingency_bps=found.in_force.contingency_bps,
        budget_bps=found.in_force.budget_bps,
        own_near_days=found.near_days,
        own_contingency_bps=found.contingency_bps,
        own_budget_bps=found.budget_bps,
        version=found.version,
    )


@strawberry.type
class AlertQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="Alerts, newest first: of one engagement or all, in these states or any."
    )
    async def alerts(
        self,
        info: Info,
        *,
        engagement_id: strawberry.ID | None = None,
        statuses: list[AlertStatus] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Alert]:
        """Cleared ones among them, unless asked otherwise."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        page = ALERTS_NEWEST_FIRST.page(first, after, last, before)
        fits: dict[str, Any] = {
            "engagement_id": None
            if engagement_id is None
            else decode_id("Engagement", engagement_id, "engagementId"),
            "statuses": None if statuses is None else [each.value for each in statuses],
        }

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_alerts(uow, **fits)

        async with read_only(actor.scope()) as uow:
            rows = await queries.alerts_page(
                uow,
                **fits,
                after=page.after[0] if page.after else None,
                before=page.before[0] if page.before else None,
                limit=page.fetch,
                is_backward=page.backward,
            )
        return Connection.of(page, rows, node=Alert.of, key=lambda row: (row["id"],), total=total)

    @strawberry.field(
        description="When alerts are raised in an engagement; without one, in the practice."
    )
    async def alert_thresholds(
        self, info: Info, *, engagement_id: strawberry.ID | None = None
    ) -> AlertThresholds:
        """What counts, and what is set."""
        if engagement_id is None:
            return await alert_thresholds(info, None)
        return await alert_thresholds(info, decode_id("Engagement", engagement_id, "engagementId"))


@strawberry.input(description="An alert that you have seen to.")
class AcknowledgeAlertInput:
    """It stays until it is no longer true."""

    alert_id: strawberry.ID = strawberry.field(description="The alert.")
    note: str = strawberry.field(default="", description="What you mean to do.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The alert, or why not.")
class AcknowledgeAlertPayload(Payload):
    """Answer of `acknowledgeAlert`."""

    alert: Alert | None = strawberry.field(default=None, description="As it is now.")


@strawberry.input(description="When to raise alerts; null leaves a threshold to the default.")
class SetAlertThresholdsInput:
    """All three at once."""

    engagement_id: strawberry.ID | None = strawberry.field(
        default=None, description="The engagement; null for the practice's own defaults."
    )
    near_days: int | None = strawberry.field(
        default=None, description="Working days before the promised date, 0 to 365."
    )
    contingency_bps: int | None = strawberry.field(
        default=None, description="Share of the contingency drawn, 1 to 10000."
    )
    budget_bps: int | None = strawberry.field(
        default=None, description="Share of the cost budget spent, 1 to 10000."
    )
    expected_version: int = strawberry.field(
        description="The version you saw; 0 where nothing was set."
    )


@strawberry.type(description="The thresholds, or why not.")
class SetAlertThresholdsPayload(Payload):
    """Answer of `setAlertThresholds`."""

    thresholds: AlertThresholds | None = strawberry.field(
        default=None, description="As they are now."
    )


@strawberry.type
class AlertMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Say that you have seen to an alert.")
    @refusals_as(AcknowledgeAlertPayload)
    async def acknowledge_alert(
        self, info: Info, input: AcknowledgeAlertInput
    ) -> AcknowledgeAlertPayload:
        """Once."""
        actor = info.context.actor
        alert_id = await alerts.acknowledge(
            actor,
            decode_id("Alert", input.alert_id, "alertId"),
            note=input.note,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        async with read_only(actor.scope()) as uow:
            (row,) = await queries.alerts_by_ids(uow, [alert_id])
        return AcknowledgeAlertPayload(alert=Alert.of(row))

    @strawberry.mutation(
        description="Set when alerts are raised, in an engagement or in the practice. For owner and staff."
    )
    @refusals_as(SetAlertThresholdsPayload)
    async def set_alert_thresholds(
        self, info: Info, input: SetAlertThresholdsInput
    ) -> SetAlertThresholdsPayload:
        """Looked at again at once, or by the worker."""
        key = input.engagement_id
        engagement_id = None if key is None else decode_id("Engagement", key, "engagementId")
        await alerts.set_thresholds(
            info.context.actor,
            engagement_id,
            near_days=input.near_days,
            contingency_bps=input.contingency_bps,
            budget_bps=input.budget_bps,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return SetAlertThresholdsPayload(thresholds=await alert_thresholds(info, engagement_id))
