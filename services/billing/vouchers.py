"""Discount vouchers: a sum off future work, before tax, for one client."""

from datetime import date, datetime
from uuid import UUID

from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import engagements as engagement_queries
from db.tables.billing import DiscountVoucher
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.rules.errors import InvalidInput, NotFound
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.text import clean_text


async def issue_voucher(
    actor: Actor,
    client_id: UUID,
    *,
    value: Money,
    reason: str,
    expires_on: date | None = None,
    engagement_id: UUID | None = None,
    idempotency_key: str,
    today: date,
    now: datetime,
) -> UUID:
    """Give a client a voucher; `engagement_id` is where it comes from. Answers its id.

    One that comes from an engagement is in its currency. Raises `Forbidden`, `NotFound`, `InvalidInput` (AMOUNT_…, DATE, TEXT_…),
    `RuleViolation` (CURRENCY_MISMATCH), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    check_amount(value, "value")
    why = clean_text(reason, "reason", max_length=500, lines=True)
    if expires_on is not None and not today <= expires_on <= today.replace(
        year=today.year + 20, day=1
    ):
        raise InvalidInput(
            "It is good until today or later, for twenty years at most.",
            code="DATE",
            field="expiresOn",
        )

    async def effect(uow: UnitOfWork) -> UUID:
        if await client_queries.client_by_id(uow, client_id) is None:
            raise NotFound("No client with this id.", field="clientId")
        if engagement_id is not None:
            engagement = await engagement_queries.engagement_by_id(uow, engagement_id)
            if engagement is None or engagement["client_id"] != client_id:
                raise NotFound("No engagement of this client with this id.", field="engagementId")
            check_currency(value, engagement["currency"], "value")
        voucher_id = new_id()
        await DiscountVoucher.insert(
            DiscountVoucher(
                tenant_id=uow.tenant_id,
                id=voucher_id,
                client_id=client_id,
                engagement_id=engagement_id,
                # The end of a UUIDv7 is random; ten digits of it are no secret, only a name.
                code=f"V-{voucher_id.hex[-10:].upper()}",
                currency=value.currency,
                value_minor=value.amount_minor,
                used_minor=0,
                issued_on=today,
                expires_on=expires_on,
                reason=why,
                created_at=now,
                updated_at=now,
            )
        )
        return voucher_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="issue_voucher",
        request={
            "client_id": client_id,
            "value": value,
            "reason": why,
            "expires_on": expires_on,
            "engagement_id": engagement_id,
        },
        now=now,
        effect=effect,
    )
