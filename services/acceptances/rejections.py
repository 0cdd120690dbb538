"""The client's no: where a delivery departs from what was agreed, which opens the next round or ends them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from db.ids import new_id
from db.tables.acceptances import DeliveryRejection
from db.unit_of_work import unit_of_work
from services.acceptances.given import decide, speaking_contact
from services.acceptances.handovers import locked_delivery, require_in_test
from services.acceptances.mails import tell_practice
from services.actor import WRITERS, Actor
from services.rules import acceptances as rules
from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput


async def reject(
    actor: Actor,
    delivery_id: UUID,
    *,
    rejected_on: date,
    reasons: Sequence[rules.Reason] = (),
    text: str = "",
    contact_id: UUID | None = None,
    now: datetime,
    today: date,
) -> UUID:
    """Record that the client rejected a delivery within its test period; answers the rejection's id.

    A contact rejects for themselves; a member writes down a contact's objection. While rounds of correction are left, the
    item may be delivered again; after the last one the rejection is final, and the client has the remedies of the contract.
    Raises `Forbidden`, `NotFound`, `InvalidInput` (also REASON_MISSING, CRITERION_UNKNOWN, TOO_MANY_REASONS),
    `RuleViolation` (TEST_PERIOD_ENDED), `Conflict` (ALREADY_ACCEPTED, DELIVERY_DECIDED).
    """
    if actor.role != "client":
        actor.require(*WRITERS)
    check_plausible(rejected_on, "rejectedOn")
    rejection_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        delivery, engagement = await locked_delivery(uow, delivery_id)
        by = await speaking_contact(uow, actor, engagement, contact_id)
        if by is None:
            raise InvalidInput("Say who rejected it.", code="REQUIRED", field="contactId")
        require_in_test(delivery, now)
        rules.check_rejection_date(
            rejected_on,
            delivered_on=delivery["delivered_on"],
            last_day=delivery["test_until"],
            today=today,
        )
        said, words = rules.clean_reasons(delivery["criteria"], reasons, text)
        rounds = engagement["correction_rounds"] if delivery["clause"] else None
        is_final = rules.is_final_round(delivery["round"], rounds)
        await DeliveryRejection.insert(
            DeliveryRejection(
                tenant_id=uow.tenant_id,
                id=rejection_id,
                delivery_id=delivery_id,
                engagement_id=engagement["id"],
                item_key=delivery["item_key"],
                rejected_on=rejected_on,
                reasons=orjson.dumps(
                    [{"criterion": each.criterion, "text": each.text} for each in said]
                ).decode(),
                text=words,
                is_final=is_final,
                contact_id=by,
                member_id=actor.member_id,
                recorded_at=now,
            )
        )
        await decide(uow, delivery_id, "rejected", now)
        await tell_practice(
            uow,
            engagement,
            "delivery_rejected",
            delivery["member_id"],
            [delivery],
            contact_id=by,
            reasons=_in_words(delivery, said, words),
            is_final=is_final,
            now=now,
        )
    return rejection_id


def _in_words(delivery: Any, reasons: Sequence[rules.Reason], text: str) -> str:
    """The rejection as the mail says it: each criterion with what is said to it, then the rest."""
    lines = [
        f"{delivery['criteria'][each.criterion - 1]}: {each.text}" if each.criterion else each.text
        for each in reasons
    ]
    return "\n".join([*lines, text] if text else lines)
