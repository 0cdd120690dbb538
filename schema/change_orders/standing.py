"""How a change order stands beside its status: stale or not, where it comes from, what followed, who must sign it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import change_orders as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.engagements.types import ApprovalTier, engagement_loader
from schema.scopes.reads import version_loader
from services.approval_tiers import tiers_of
from services.rules.change_orders import ConflictKind, RevenueClass, tier_for

__all__ = ["CarriedOver", "ChangeOrderStanding", "ConflictKind", "change_order_loader"]

if TYPE_CHECKING:
    from schema.change_orders.types import ChangeOrder

ChangeOrderLazy = Annotated["ChangeOrder", strawberry.lazy("schema.change_orders.types")]

strawberry.enum(RevenueClass, description="How the change counts as revenue (IFRS 15).")
strawberry.enum(
    ConflictKind, description="Why a change, or one field of it, did not fit a newer scope version."
)


@strawberry.type(description="How an order counts as revenue by the signs in the data (IFRS 15).")
class RevenueSuggestion:
    """A suggestion: whether something is distinct is for people to judge."""

    revenue_class: RevenueClass = strawberry.field(description="The class.")
    paragraph: str = strawberry.field(description="The paragraph of IFRS 15 it follows from.")
    explanation: str = strawberry.field(description="Which signs speak for it.")


@strawberry.type(
    description="A change, or one field of it, that did not fit a newer scope version."
)
class RebaseConflict:
    """It stays out of the draft until somebody has decided."""

    change: int | None = strawberry.field(
        description="Its place in the changes of the order it comes from, from 0; null for the order as a whole."
    )
    kind: ConflictKind = strawberry.field(description="Why it does not fit.")
    message: str = strawberry.field(description="A sentence for people.")
    item_key: str | None = strawberry.field(description="The item it is about.")
    field: str | None = strawberry.field(description="The field of it that it is about.")
    base: str | None = strawberry.field(
        description="The value both started from, as JSON; null where there was none."
    )
    ours: str | None = strawberry.field(description="What this order wants, as JSON.")
    theirs: str | None = strawberry.field(description="What another order made of it, as JSON.")


@strawberry.type(description="What dropped out because the scope says so already.")
class RebaseNote:
    """Another order did it."""

    change: int = strawberry.field(
        description="Its place in the changes of the order it comes from, from 0."
    )
    message: str = strawberry.field(description="A sentence for people.")
    item_key: str | None = strawberry.field(description="The item it is about.")
    field: str | None = strawberry.field(description="The field of it that it is about.")


@strawberry.type(description="What came of taking an order's changes to another scope version.")
class CarriedOver:
    """As it was when the draft was made; it stays when the draft is edited."""

    from_number: int = strawberry.field(description="The scope version they were written on.")
    to_number: int = strawberry.field(description="The scope version the draft starts from.")
    conflicts: list[RebaseConflict] = strawberry.field(description="What did not fit.")
    notes: list[RebaseNote] = strawberry.field(description="What was done already.")

    @classmethod
    def of(cls, stored: str) -> Self:
        """From the row's own report."""
        report = orjson.loads(stored)
        return cls(
            from_number=report["from_number"],
            to_number=report["to_number"],
            conflicts=[
                RebaseConflict(
                    **{name: each[name] for name in ("change", "message", "item_key", "field")},
                    kind=ConflictKind(each["kind"]),
                    base=_json(each["base"]),
                    ours=_json(each["ours"]),
                    theirs=_json(each["theirs"]),
                )
                for each in report["conflicts"]
            ],
            notes=[RebaseNote(**each) for each in report["notes"]],
        )


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


@strawberry.type
class ChangeOrderStanding:
    """Mixed into ChangeOrder."""

    row: strawberry.Private[Any]

    @strawberry.field(description="Whether the scope moved on since it was written: it cannot be signed; rebase it.")  # fmt: skip
    async def is_stale(self, info: Info) -> bool:
        """Only a draft or an offer can be."""
        return await self._newer(info) is not None

    @strawberry.field(description="The number of the scope version that made it stale; null if it is not.")  # fmt: skip
    async def stale_because(self, info: Info) -> int | None:
        """The current one."""
        newer = await self._newer(info)
        version = None if newer is None else await version_loader(info).load(newer)
        return None if version is None else version.number

    async def _newer(self, info: Info) -> UUID | None:
        """The current scope version of the engagement where an open order starts from another."""
        if self.row["status"] not in {"draft", "sent"}:
            return None
        engagement = await engagement_loader(info).load(self.row["engagement_id"])
        current: UUID | None = engagement.row["current_scope_version_id"] if engagement else None
        return None if current == self.row["base_scope_version_id"] else current

    @strawberry.field(description="The day by which a client's request is to be answered; null for your own proposal.")  # fmt: skip
    def respond_by(self) -> date | None:
        """By the response days of the change clause."""
        day: date | None = self.row["respond_by"]
        return day

    @strawberry.field(
        description="When its signers were reminded that the offer ends; null if not."
    )
    def reminded_at(self) -> datetime | None:
        """Once, some days before the end."""
        moment: datetime | None = self.row["reminded_at"]
        return moment

    @strawberry.field(description="How it counts as revenue by the data; `revenueClass` is what you decided.")  # fmt: skip
    def suggested_revenue(self) -> RevenueSuggestion | None:
        """Null where nothing was computed."""
        if self.row["suggested_revenue_class"] is None:
            return None
        return RevenueSuggestion(
            revenue_class=RevenueClass(self.row["suggested_revenue_class"]),
            paragraph=self.row["suggested_paragraph"],
            explanation=self.row["suggested_because"],
        )

    @strawberry.field(description="Who must sign it by its amount, as the change clause says; null until sent.")  # fmt: skip
    async def approval_tier(self, info: Info) -> ApprovalTier | None:
        """One signer where the clause has no tiers."""
        engagement = await engagement_loader(info).load(self.row["engagement_id"])
        if engagement is None or self.row["change_minor"] is None:
            return None
        tier = tier_for(tiers_of(engagement.row), self.row["change_minor"])
        return ApprovalTier.of(tier, self.row["currency"])

    @strawberry.field(description="What did not fit when its changes were taken to another scope version; null if they were not.")  # fmt: skip
    def carried_over(self) -> CarriedOver | None:
        """Of a rebased, reissued or superseding draft."""
        stored = self.row["carried_over"]
        return None if stored is None else CarriedOver.of(stored)

    @strawberry.field(description="The stale order that this one was rebased from.")
    async def rebased_from(self, info: Info) -> ChangeOrderLazy | None:
        """It was withdrawn."""
        found: ChangeOrder | None = await _loaded(info, self.row["rebased_from_id"])
        return found

    @strawberry.field(description="The order that this one is issued instead of.")
    async def reissue_of(self, info: Info) -> ChangeOrderLazy | None:
        """It had ended without effect."""
        found: ChangeOrder | None = await _loaded(info, self.row["reissue_of_id"])
        return found

    @strawberry.field(description="The approved order that this one supersedes once it is signed.")
    async def supersedes(self, info: Info) -> ChangeOrderLazy | None:
        """It undoes it."""
        found: ChangeOrder | None = await _loaded(info, self.row["supersedes_id"])
        return found

    @strawberry.field(description="The order that superseded this one.")
    async def superseded_by(self, info: Info) -> ChangeOrderLazy | None:
        """Both count in the running totals."""
        found: ChangeOrder | None = await _loaded(info, self.row["superseded_by_id"])
        return found


async def _loaded(info: Info, order_id: UUID | None) -> Any:
    return None if order_id is None else await change_order_loader(info).load(order_id)


def change_order_loader(info: Info) -> "DataLoader[UUID, ChangeOrder | None]":
    """Change orders by id, for fields of other things."""
    # Imported here because a change order is one of these.
    from schema.change_orders.types import ChangeOrder

    async def load(ids: list[UUID]) -> "list[ChangeOrder | None]":
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.change_orders_by_ids(uow, ids)
        found = {row["id"]: ChangeOrder.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("change_orders.by_id", load)
