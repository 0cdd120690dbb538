"""Deliverables, deliveries, rejections and acceptances as the API shows them."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.dataloader import DataLoader

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from schema.clients import Contact, contact_loader
from schema.context import Info
from schema.relay import Node, encode_id, fetches
from services.acceptances import recipient_url
from services.actor import MEMBERS


@strawberry.enum(description="Where an item of the current scope stands with the client.")
class DeliverableState(Enum):
    """The states of `services.rules.acceptances`."""

    NOT_DELIVERED = strawberry.enum_value(
        "not_delivered", description="Not handed over, or taken back, or overtaken by the scope."
    )
    IN_TEST = strawberry.enum_value("in_test", description="With the client, who may answer.")
    REJECTED = strawberry.enum_value(
        "rejected", description="To be corrected and handed over again."
    )
    DISPUTED = strawberry.enum_value(
        "disputed", description="Rejected after the last round of correction."
    )
    ACCEPTED = strawberry.enum_value("accepted", description="By the client's word.")
    DEEMED = strawberry.enum_value(
        "deemed", description="By silence, as the contract says; counts as accepted."
    )


@strawberry.enum(description="What became of one delivery.")
class DeliveryStatus(Enum):
    """The life of a delivery."""

    IN_TEST = strawberry.enum_value("in_test", description="The client has said nothing yet.")
    ACCEPTED = strawberry.enum_value("accepted", description="The client said yes.")
    DEEMED = strawberry.enum_value("deemed", description="The test period ended in silence.")
    REJECTED = strawberry.enum_value("rejected", description="The client said no, with reasons.")
    WITHDRAWN = strawberry.enum_value("withdrawn", description="Taken back before any word.")
    LAPSED = strawberry.enum_value(
        "lapsed", description="What was agreed changed meanwhile, so silence says nothing."
    )


@strawberry.enum(description="How an item came to be accepted.")
class AcceptanceKind(Enum):
    """A word or a silence."""

    GIVEN = strawberry.enum_value("given", description="By the client's word.")
    DEEMED = strawberry.enum_value(
        "deemed", description="By silence when the test period ended, under a clause."
    )


@strawberry.type(description="One departure from what was agreed.")
class RejectionReason:
    """In the client's words."""

    criterion: int | None = strawberry.field(
        description="Which of the delivery's criteria is not met, from 1; null if none in particular."
    )
    text: str = strawberry.field(description="Where it departs.")


@strawberry.type(description="The client's no to a delivery.")
class DeliveryRejection:
    """Once per delivery; it stays."""

    row: strawberry.Private[Any]
    rejected_on: date = strawberry.field(description="The day of the objection.")
    reasons: list[RejectionReason] = strawberry.field(description="Criterion by criterion.")
    text: str = strawberry.field(description="What else was written.")
    is_final: bool = strawberry.field(
        description="Whether no round of correction was left: the client has the contract's remedies."
    )
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @strawberry.field(description="Who objected.")
    async def contact(self, info: Info) -> Contact | None:
        """A contact of the client."""
        if self.row["contact_id"] is None:
            return None
        return await contact_loader(info).load(self.row["contact_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            row=row,
            rejected_on=row["rejected_on"],
            reasons=[RejectionReason(**each) for each in orjson.loads(row["reasons"])],
            text=row["text"],
            is_final=row["is_final"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="Somebody at the client who was told of a delivery.")
class DeliveryRecipient:
    """With a link of their own to the page where they answer."""

    row: strawberry.Private[Any]
    expires_at: datetime = strawberry.field(description="Until when the link is good.")
    reminded_at: datetime | None = strawberry.field(
        description="When they were reminded that the test period ends."
    )

    @strawberry.field(description="Who it is.")
    async def contact(self, info: Info) -> Contact | None:
        """A contact of the client."""
        return await contact_loader(info).load(self.row["contact_id"])

    @strawberry.field(
        description="The link, for a member who writes to pass on; null for others and once it has run out."
    )
    def link(self, info: Info) -> str | None:
        """Derived, stored nowhere."""
        return recipient_url(info.context.actor, self.row, now=info.context.now)

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(row=row, expires_at=row["expires_at"], reminded_at=row["reminded_at"])


@strawberry.type(description="One item handed over to the client, in one round.")
class Delivery(Node):
    """It stays as it was made; what became of it is said once."""

    row: strawberry.Private[Any]
    item_key: str = strawberry.field(description="The item's key.")
    number: int = strawberry.field(description="Counts the deliveries of the item, from 1.")
    round: int = strawberry.field(
        description="Counts the client's tests of the item, from 1; what was withdrawn counts none."
    )
    title: str = strawberry.field(description="What it is, as it was shown.")
    deliverable: str = strawberry.field(description="What the client receives, as it was shown.")
    criteria: list[str] = strawberry.field(
        description="What it is tested against, as it was shown."
    )
    status: DeliveryStatus = strawberry.field(description="What became of it.")
    delivered_on: date = strawberry.field(description="The day it was handed over.")
    test_days: int = strawberry.field(
        description="Working days to test; 0 without an acceptance clause."
    )
    test_until: date | None = strawberry.field(
        description="The last day to test; null where the contract sets none: then silence says nothing."
    )
    test_ends_at: datetime | None = strawberry.field(
        description="The end of that day where the practice is."
    )
    remind_at: datetime | None = strawberry.field(description="When the client is reminded.")
    clause: str = strawberry.field(
        description="The number of the acceptance clause in the signed contract; empty without one."
    )
    note: str = strawberry.field(description="What the practice wrote with it.")
    agreement: str = strawberry.field(
        description="How the client agreed to a round beyond those of the contract, if so."
    )
    decided_at: datetime | None = strawberry.field(description="When its test ended.")
    withdrawal_reason: str = strawberry.field(description="Why it was taken back, if so.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @strawberry.field(description="Why the client rejected it, if so.")
    async def rejection(self, info: Info) -> DeliveryRejection | None:
        """Once per delivery."""
        return await _rejection_loader(info).load(self.row["id"])

    @strawberry.field(description="Whom it was told, with what was handed over together.")
    async def recipients(self, info: Info) -> list[DeliveryRecipient]:
        """By name."""
        told: list[DeliveryRecipient] = await info.context.children(
            "deliveries.recipients",
            "handover_id",
            queries.recipients_of,
            DeliveryRecipient.of,
        ).load(self.row["handover_id"])
        return told

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row, with its handover's."""
        same = (
            "item_key", "number", "round", "title", "deliverable", "criteria", "delivered_on", "test_days", "test_until",
            "test_ends_at", "remind_at", "clause", "note", "agreement", "decided_at", "withdrawal_reason", "recorded_at",
        )  # fmt: skip
        return cls(
            id=encode_id("Delivery", row["id"]),
            row=row,
            status=DeliveryStatus(row["status"]),
            **{name: row[name] for name in same},
        )


@strawberry.type(description="The client's word that an item of the scope is delivered.")
class Acceptance(Node):
    """Once per item; it stays, and the item can be billed."""

    row: strawberry.Private[Any]
    item_key: str = strawberry.field(description="The item's key.")
    kind: AcceptanceKind = strawberry.field(description="A word, or the silence that counts.")
    accepted_on: date = strawberry.field(
        description="The day it was accepted; of a silence, the one after the test period."
    )
    note: str = strawberry.field(description="How the word was given.")
    clause: str = strawberry.field(
        description="The clause of the signed contract under which silence counts; empty for a word."
    )
    recorded_at: datetime = strawberry.field(description="When it was written down.")

    @strawberry.field(description="Who accepted it, where that is known.")
    async def contact(self, info: Info) -> Contact | None:
        """A contact of the client."""
        if self.row["contact_id"] is None:
            return None
        return await contact_loader(info).load(self.row["contact_id"])

    @strawberry.field(description="The delivery that was accepted; null where none was recorded.")
    async def delivery(self, info: Info) -> Delivery | None:
        """The newest before the word."""
        if self.row["delivery_id"] is None:
            return None
        return await delivery_loader(info).load(self.row["delivery_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Acceptance", row["id"]),
            row=row,
            item_key=row["item_key"],
            kind=AcceptanceKind(row["kind"]),
            accepted_on=row["accepted_on"],
            note=row["note"],
            clause=row["clause"],
            recorded_at=row["recorded_at"],
        )


@strawberry.type(description="An item of the current scope and where it stands with the client.")
class Deliverable:
    """A task or a milestone."""

    row: strawberry.Private[Any]
    item_key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is.")
    deliverable: str = strawberry.field(description="What the client receives.")
    acceptance_criteria: str = strawberry.field(description="When it counts as done.")
    finish_date: date = strawberry.field(description="When it is to be finished by the scope.")
    state: DeliverableState = strawberry.field(description="Where it stands.")
    round: int | None = strawberry.field(
        description="The round of its newest delivery; null before the first."
    )

    @strawberry.field(description="Its newest delivery that counts; null before the first.")
    async def delivery(self, info: Info) -> Delivery | None:
        """Neither withdrawn nor lapsed."""
        if self.row["delivery_id"] is None:
            return None
        return await delivery_loader(info).load(self.row["delivery_id"])

    @strawberry.field(description="Its acceptance, if it has one.")
    async def acceptance(self, info: Info) -> Acceptance | None:
        """A word or a silence."""
        if self.row["acceptance_id"] is None:
            return None
        return await _acceptance_loader(info).load(self.row["acceptance_id"])

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls(
            row=row,
            item_key=row["item_key"],
            title=row["title"],
            deliverable=row["deliverable"],
            acceptance_criteria=row["acceptance_criteria"],
            finish_date=row["finish_date"],
            state=DeliverableState(row["state"]),
            round=row["round"],
        )


def delivery_loader(info: Info) -> DataLoader[UUID, Delivery | None]:
    """Deliveries by id, for fields of other things."""

    async def load(ids: list[UUID]) -> list[Delivery | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.deliveries_by_ids(uow, ids)
        found = {row["id"]: Delivery.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("deliveries.by_id", load)


def _acceptance_loader(info: Info) -> DataLoader[UUID, Acceptance | None]:
    async def load(ids: list[UUID]) -> list[Acceptance | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.acceptances_by_ids(uow, ids)
        found = {row["id"]: Acceptance.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("acceptances.by_id", load)


def _rejection_loader(info: Info) -> DataLoader[UUID, DeliveryRejection | None]:
    async def load(ids: list[UUID]) -> list[DeliveryRejection | None]:
        async with read_only(info.context.actor.scope()) as uow:
            rows = await queries.rejections_of(uow, ids)
        found = {row["delivery_id"]: DeliveryRejection.of(row) for row in rows}
        return [found.get(each) for each in ids]

    return info.context.loader("deliveries.rejections", load)


@fetches("Acceptance")
async def _acceptances(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.acceptances_by_ids(uow, ids)
    return {row["id"]: Acceptance.of(row) for row in rows}


@fetches("Delivery")
async def _deliveries(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    info.context.actor.require(*MEMBERS)
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.deliveries_by_ids(uow, ids)
    return {row["id"]: Delivery.of(row) for row in rows}
