"""An engagement as the API shows it, with its scope, its contract, its change orders and what moved."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.queries import acceptances as acceptance_queries
from db.queries import change_orders as change_order_queries
from db.queries import engagements as queries
from db.unit_of_work import read_only
from schema.acceptances import (
    Acceptance,
    Deliverable,
    DeliverableState,
    Delivery,
    DeliveryStatus,
    deliverables_page,
    deliveries_page,
)
from schema.acceptances.lists import DELIVERABLES_IN_ORDER, DELIVERIES_NEWEST_FIRST
from schema.alerts import Alert, AlertThresholds, alert_thresholds, open_alerts_loader
from schema.budgets import EngagementBudget, engagement_budget
from schema.clients import Client, ContactRole, client_loader
from schema.context import Info
from schema.documents import Document, document_loader
from schema.engagements.variance import EngagementVariance, variance_of
from schema.envelopes import Envelope, envelope_loader
from schema.gantts import Gantt, gantt_of
from schema.progress import (
    EngagementForecast,
    ItemProgress,
    engagement_forecast,
    engagement_progress,
)
from schema.relay import Connection, Node, encode_id, fetches
from schema.scalars import Currency, Money
from schema.scopes.reads import ScopeDraft, ScopeVersion, draft_of, version_loader, versions_loader
from schema.scopes.types import money
from services import engagements, scopes
from services.actor import MEMBERS
from services.approval_tiers import roles_in_order, tiers_of
from services.rules.gantts import DEFAULT_ROWS, Theme

if TYPE_CHECKING:
    from schema.change_orders.types import ChangeOrder

ChangeOrderLazy = Annotated["ChangeOrder", strawberry.lazy("schema.change_orders.types")]


@strawberry.enum(description="What an engagement supplies.")
class EngagementKind(Enum):
    """The kinds of `services.engagements`."""

    GOODS = strawberry.enum_value("goods", description="Goods.")
    CONSULTING = strawberry.enum_value("consulting", description="Advice and services.")
    CRAFT = strawberry.enum_value("craft", description="Handiwork.")
    CORPORATE_SUPPLY = strawberry.enum_value(
        "corporate_supply", description="Supply to a corporation."
    )


@strawberry.enum(description="Where an engagement stands.")
class EngagementStatus(Enum):
    """The life of an engagement."""

    DRAFT = strawberry.enum_value("draft", description="Terms and scope are free to change.")
    CONTRACT_SENT = strawberry.enum_value("contract_sent", description="Out for signature.")
    ACTIVE = strawberry.enum_value("active", description="Signed; work goes on.")
    SUSPENDED = strawberry.enum_value("suspended", description="Work has stopped for a while.")
    COMPLETED = strawberry.enum_value("completed", description="All is delivered.")
    TERMINATED = strawberry.enum_value("terminated", description="Ended early.")


@strawberry.enum(description="Where one sending of a contract stands.")
class ContractStatus(Enum):
    """The life of a services contract."""

    SENT = strawberry.enum_value("sent", description="Out for signature.")
    SIGNED = strawberry.enum_value("signed", description="Signed by everybody.")
    DECLINED = strawberry.enum_value("declined", description="The client said no.")
    EXPIRED = strawberry.enum_value("expired", description="The time to sign ran out.")
    VOIDED = strawberry.enum_value("voided", description="The practice took it back.")


@strawberry.type(description="One sending of the services contract.")
class ServicesContract(Node):
    """A contract that was declined, voided or ran out is followed by the next issue."""

    row: strawberry.Private[Any]
    issue: int = strawberry.field(description="Counts from 1 within the engagement.")
    status: ContractStatus = strawberry.field(description="Where it stands.")
    policy_waiver: str = strawberry.field(
        description="Why the owner did without the sign-off of the policies, if so."
    )
    sent_at: datetime = strawberry.field(description="When it went out.")
    expires_at: datetime = strawberry.field(description="Until when it can be signed.")
    decided_at: datetime | None = strawberry.field(description="When it was signed or ended.")
    decided_by: str = strawberry.field(description="The names that signed.")
    decline_reason: str = strawberry.field(description="Why not, in the client's words.")

    @strawberry.field(description="The paper that binds, in the engagement's language.")
    async def document(self, info: Info) -> Document | None:
        """Frozen when it was sent."""
        return await document_loader(info).load(self.row["document_id"])

    @strawberry.field(description="The same paper in the other language, as a courtesy.")
    async def translation(self, info: Info) -> Document | None:
        """Frozen when it was sent; not signed."""
        return await document_loader(info).load(self.row["translation_id"])

    @strawberry.field(description="Its envelope, with signers and events.")
    async def envelope(self, info: Info) -> Envelope | None:
        """Who was asked, and what they did."""
        if self.row["envelope_id"] is None:
            return None
        return await envelope_loader(info).load(self.row["envelope_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("ServicesContract", row["id"]),
            row=row,
            issue=row["issue"],
            status=ContractStatus(row["status"]),
            policy_waiver=row["policy_waiver"],
            sent_at=row["sent_at"],
            expires_at=row["expires_at"],
            decided_at=row["decided_at"],
            decided_by=row["decided_by"],
            decline_reason=row["decline_reason"],
        )


@strawberry.type(description="The working calendar that dates are reckoned on.")
class EngagementCalendar:
    """Weekends, public holidays by country, own days off."""

    country: str | None = strawberry.field(description="Whose public holidays count; ISO 3166.")
    region: str = strawberry.field(description="The region within the country, if any.")
    weekend: list[int] = strawberry.field(description="Weekdays without work; Monday is 0.")
    days_off: list[date] = strawberry.field(description="Own days off.")


@strawberry.type(description="Who signs a change order from an amount on.")
class ApprovalTier:
    """The highest tier that a change reaches decides alone."""

    from_amount: Money = strawberry.field(
        description="Counts for changes of the fee of at least this size, up or down, before tax."
    )
    signers: int = strawberry.field(description="How many sign for the client.")
    roles: list[ContactRole] = strawberry.field(
        description="Roles each of which at least one of the signers must hold."
    )
    is_owner_needed: bool = strawberry.field(
        description="Whether only the practice's owner may send it."
    )

    @classmethod
    def of(cls, tier: Any, currency: str) -> Self:
        """From the rule's own."""
        return cls(
            from_amount=money(tier.from_minor, currency),
            signers=tier.signers,
            roles=[ContactRole(role) for role in roles_in_order(tier)],
            is_owner_needed=tier.is_owner_needed,
        )


@strawberry.type(description="The change clause: how the scope may change after signature.")
class ChangeClause:
    """Silence is never consent, and no work starts before the signature."""

    requesters: list[ContactRole] = strawberry.field(description="Roles that may ask for changes.")
    response_days: int = strawberry.field(description="Working days within which it is answered.")
    offer_days: int = strawberry.field(description="Calendar days that an offer stands.")
    minimum_fee: Money = strawberry.field(description="What a change costs at least.")
    reminder_days: int = strawberry.field(
        description="Signers are reminded so many days before an offer ends; 0 is never."
    )
    approval_tiers: list[ApprovalTier] = strawberry.field(
        description="Who signs by amount, the amounts rising; one signer for any amount if empty."
    )


@strawberry.type(
    description="A share of the unearned fee that holds from a degree of completion on."
)
class KillFeeStage:
    """One from the start is a plain rate."""

    from_progress_bps: int = strawberry.field(description="From this earned part of the fee on.")
    rate_bps: int = strawberry.field(description="Of the part of the fee that is not earned.")


@strawberry.type(description="One body of work for one client.")
class Engagement(Node):
    """Draft, contract out, active, and how it ended."""

    row: strawberry.Private[Any]
    number: str = strawberry.field(description="Such as 2026-001; runs by year without gaps.")
    name: str = strawberry.field(description="What it is called.")
    purpose: str = strawberry.field(description="What it is for.")
    kind: EngagementKind = strawberry.field(description="What is supplied.")
    status: EngagementStatus = strawberry.field(description="Where it stands.")
    currency: Currency = strawberry.field(description="The currency of every amount in it.")
    locale: str = strawberry.field(description="The language that binds: en or da.")
    law: str = strawberry.field(description="Whose law governs, such as DK.")
    start_date: date = strawberry.field(description="When work is to start.")
    promised_date: date | None = strawberry.field(description="What was promised to the client.")
    payment_terms_days: int = strawberry.field(description="Days from invoice to due date.")
    contingency_bps: int = strawberry.field(description="Reserve beside the fee.")
    retention_bps: int = strawberry.field(description="Share of invoices kept back.")
    tax_code: str = strawberry.field(description="Tax category unless an item says otherwise.")
    tax_bps: int = strawberry.field(description="Tax rate unless an item says otherwise.")
    kill_fee_bps: int = strawberry.field(
        description="Charge on early end; 0 where it goes by stages, or there is none."
    )
    kill_fee_stages: list[KillFeeStage] = strawberry.field(
        description="Charge on early end by how far the work has come; empty where there is none."
    )
    test_period_days: int = strawberry.field(description="Working days to test a delivery.")
    correction_rounds: int = strawberry.field(
        description="How often a rejected delivery is corrected without charge."
    )
    retainer_numerator: int = strawberry.field(description="Share of the total asked in advance …")
    retainer_denominator: int = strawberry.field(description="… as a fraction.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")
    created_at: datetime = strawberry.field(description="When it was opened.")

    @strawberry.field(description="The client.")
    async def client(self, info: Info) -> Client | None:
        """Who engages and pays."""
        return await client_loader(info).load(self.row["client_id"])

    @strawberry.field(description="The working calendar.")
    def calendar(self) -> EngagementCalendar:
        """Of the draft and of the next scope version."""
        return EngagementCalendar(
            country=self.row["country"],
            region=self.row["region"],
            weekend=self.row["weekend"],
            days_off=self.row["days_off"],
        )

    @strawberry.field(description="How the scope may change.")
    def change_clause(self) -> ChangeClause:
        """As the contract prints it."""
        return ChangeClause(
            requesters=[ContactRole(role) for role in self.row["change_requesters"]],
            response_days=self.row["change_response_days"],
            offer_days=self.row["change_offer_days"],
            minimum_fee=money(self.row["change_minimum_fee_minor"], self.row["currency"]),
            reminder_days=self.row["change_reminder_days"],
            approval_tiers=[
                ApprovalTier.of(tier, self.row["currency"]) for tier in tiers_of(self.row)
            ],
        )

    @strawberry.field(description="The scope before the contract, scheduled and added up.")
    async def scope_draft(self, info: Info) -> ScopeDraft | None:
        """Kept after signature as it was."""
        return await draft_of(info, self.row)

    @strawberry.field(description="The scope as it stands; null before the contract is signed.")
    async def current_scope_version(self, info: Info) -> ScopeVersion | None:
        """Exactly one is current."""
        version_id = self.row["current_scope_version_id"]
        return None if version_id is None else await version_loader(info).load(version_id)

    @strawberry.field(description="The scope as the contract made it; null before it is signed.")
    async def baseline_scope_version(self, info: Info) -> ScopeVersion | None:
        """Number 1."""
        versions = await versions_loader(info).load(self.row["id"])
        return versions[0] if versions else None

    @strawberry.field(description="Every scope version, oldest first.")
    async def scope_versions(self, info: Info) -> list[ScopeVersion]:
        """They never change."""
        versions: list[ScopeVersion] = await versions_loader(info).load(self.row["id"])
        return versions

    @strawberry.field(description="Current against baseline, in money and working days.")
    async def variance(self, info: Info) -> EngagementVariance | None:
        """Null before the contract is signed."""
        if self.row["current_scope_version_id"] is None:
            return None
        async with read_only(info.context.actor.scope()) as uow:
            return variance_of(await scopes.variance(uow, self.row["id"]))

    @strawberry.field(description="How far items are; only those that anything was reported of.")
    async def progress(
        self, info: Info, *, status_date: date | None = None, known_at: datetime | None = None
    ) -> list[ItemProgress]:
        """As of today or a date, as known now or at a moment."""
        return await engagement_progress(info, self.row, status_date, known_at)

    @strawberry.field(
        description=(
            "When the work is going to be done, seen from a status date, else from the last one reported, at most a week back; "
            "null before the contract is signed."
        )
    )
    async def forecast(
        self, info: Info, *, status_date: date | None = None
    ) -> EngagementForecast | None:
        """What is done stays, what is left is scheduled."""
        return await engagement_forecast(info, self.row, status_date)

    @strawberry.field(
        description="The budget as of a date (today), as known now or at a moment; null before the contract is signed."
    )
    async def budget(
        self, info: Info, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> EngagementBudget | None:
        """Agreed, billed, paid, earned, spent."""
        return await engagement_budget(info, self.row, as_of, known_at)

    @strawberry.field(description="What has to be seen to now, oldest first.")
    async def alerts(self, info: Info) -> list[Alert]:
        """Not cleared; `alerts` has the history."""
        found: list[Alert] = await open_alerts_loader(info).load(self.row["id"])
        return found

    @strawberry.field(description="When alerts are raised in it.")
    async def alert_thresholds(self, info: Info) -> AlertThresholds:
        """Its own, the practice's or the defaults."""
        return await alert_thresholds(info, self.row["id"])

    @strawberry.field(description="Every sending of the contract, oldest first.")
    async def contracts(self, info: Info) -> list[ServicesContract]:
        """At most one is out or signed."""
        contracts: list[ServicesContract] = await _contracts_loader(info).load(self.row["id"])
        return contracts

    @strawberry.field(description="Change orders: numbered ones in order, then drafts.")
    async def change_orders(self, info: Info) -> list[ChangeOrderLazy]:
        """Never "no": every request with its price and its date."""
        orders: list[Any] = await _change_orders_loader(info).load(self.row["id"])
        return orders

    @strawberry.field(description="What the client has accepted, oldest first.")
    async def acceptances(self, info: Info) -> list[Acceptance]:
        """Once per item."""
        accepted: list[Acceptance] = await _acceptances_loader(info).load(self.row["id"])
        return accepted

    @strawberry.field(
        description="Items of the current scope in its order, each with where it stands with the client."
    )
    async def deliverables(
        self,
        info: Info,
        *,
        states: list[DeliverableState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Deliverable]:
        """Tasks and milestones, in some states where given; none before the contract is signed."""
        page = DELIVERABLES_IN_ORDER.page(first, after, last, before)
        return await deliverables_page(info, self.row["id"], states, page)

    @strawberry.field(description="What was handed over to the client, newest first.")
    async def deliveries(
        self,
        info: Info,
        *,
        statuses: list[DeliveryStatus] | None = None,
        item_key: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Delivery]:
        """With every round; in some states, or of one item, where given."""
        page = DELIVERIES_NEWEST_FIRST.page(first, after, last, before)
        return await deliveries_page(info, self.row["id"], statuses, item_key, page)

    @strawberry.field(
        description="A Gantt picture of a scope version against another, or of the draft before there is one."
    )
    def gantt(
        self,
        info: Info,
        *,
        version: Annotated[
            int | None,
            strawberry.argument(description="Which to show; the current one where null."),
        ] = None,
        against: Annotated[
            int | None,
            strawberry.argument(
                description="Which to show below it: the baseline is 1, null for none."
            ),
        ] = 1,
        shows_forecast: Annotated[
            bool,
            strawberry.argument(
                description="Show the current version as it is going to be, by the progress reported so far."
            ),
        ] = False,
        locale: Annotated[
            str | None, strawberry.argument(description="en or da; the engagement's where null.")
        ] = None,
        theme: Annotated[Theme, strawberry.argument(description="The colours.")] = Theme.LIGHT,
        max_rows: Annotated[
            int, strawberry.argument(description="How many rows it has at most, up to 400.")
        ] = DEFAULT_ROWS,
    ) -> Gantt:
        """What is done is shown as far as it was reported; today is a line."""
        return gantt_of(
            info,
            "engagement",
            self.row["id"],
            locale=locale or self.row["locale"],
            theme=theme,
            max_rows=max_rows,
            version=version,
            against=against,
            is_forecast=shows_forecast,
        )

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        same = (
            "name", "purpose", "locale", "law", "start_date", "promised_date", "payment_terms_days", "contingency_bps",
            "retention_bps", "tax_code", "tax_bps", "kill_fee_bps", "test_period_days", "correction_rounds", "retainer_numerator",
            "retainer_denominator", "version", "created_at",
        )  # fmt: skip
        return cls(
            id=encode_id("Engagement", row["id"]),
            row=row,
            number=engagements.number_of(row),
            kind=EngagementKind(row["kind"]),
            status=EngagementStatus(row["status"]),
            currency=Currency(row["currency"]),
            kill_fee_stages=[
                KillFeeStage(from_progress_bps=stage.from_progress_bps, rate_bps=stage.rate_bps)
                for stage in engagements.kill_fee_terms(row).stages
            ],
            **{name: row[name] for name in same},
        )


def engagement_loader(info: Info) -> DataLoader[UUID, Engagement | None]:
    """Engagements by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Engagement | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.engagements_by_ids(uow, ids)
        found = {row["id"]: Engagement.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("engagements.by_id", load)


def _contracts_loader(info: Info) -> DataLoader[UUID, list[ServicesContract]]:
    async def load(ids: list[UUID]) -> list[list[ServicesContract]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.contracts_of(uow, ids)
        return _grouped(ids, rows, ServicesContract.of)

    return info.context.loader("engagements.contracts", load)


def _change_orders_loader(info: Info) -> DataLoader[UUID, list[Any]]:
    # Imported here because a change order shows its engagement.
    from schema.change_orders.types import ChangeOrder

    async def load(ids: list[UUID]) -> list[list[Any]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await change_order_queries.change_orders_of(uow, ids)
        return _grouped(ids, rows, ChangeOrder.of)

    return info.context.loader("engagements.change_orders", load)


def _acceptances_loader(info: Info) -> DataLoader[UUID, list[Acceptance]]:
    async def load(ids: list[UUID]) -> list[list[Acceptance]]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await acceptance_queries.acceptances_of(uow, ids)
        return _grouped(ids, rows, Acceptance.of)

    return info.context.loader("engagements.acceptances", load)


def _grouped(ids: Sequence[UUID], rows: Sequence[Any], make: Any) -> list[list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["engagement_id"]].append(make(row))
    return [found[each] for each in ids]


@fetches("Engagement")
async def _engagements(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.engagements_by_ids(uow, ids)
    return {row["id"]: Engagement.of(row) for row in rows}


@fetches("ServicesContract")
async def _contracts(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.contracts_by_ids(uow, ids)
    return {row["id"]: ServicesContract.of(row) for row in rows}
