"""The billing plan of an engagement: its fee in stages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from db.ids import new_id
from db.queries import billing as queries
from db.queries import engagements as engagement_queries
from db.queries import invoices as invoice_queries
from db.queries import scopes as scope_queries
from db.tables.billing import BillingStage
from db.unit_of_work import UnitOfWork
from services.actor import MONEY, Actor
from services.idempotency import keyed
from services.rules.billing import Stage, stage_amounts
from services.rules.errors import NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_currency
from services.rules.text import clean_text


@dataclass(frozen=True, slots=True)
class StageDetails:
    """A stage, with its sum as money where it is one."""

    stage: Stage
    amount: Money | None = None


async def set_billing_plan(
    actor: Actor,
    engagement_id: UUID,
    stages: Sequence[StageDetails],
    *,
    idempotency_key: str,
    now: datetime,
) -> UUID:
    """Bill the fee of the current scope in these stages; a plan that is there and of which nothing is billed is replaced.

    The items of the current scope are then billed by the plan; what a later change order adds is billed by itself. Answers the
    engagement's id. Raises `Forbidden`, `NotFound` (also ITEM_NOT_FOUND), `InvalidInput` (PLAN_EMPTY, STAGE_INVALID, TEXT_…),
    `RuleViolation` (NO_SCOPE_VERSION, PLAN_BEGUN, PLAN_ITEMS_BILLED, PLAN_EXCEEDS_FEE,
    CURRENCY_MISMATCH), and what `idempotency.keyed` raises.
    """
    actor.require(*MONEY)
    cleaned = [
        replace(
            each.stage,
            title=clean_text(each.stage.title, f"stages.{at}.title"),
            amount_minor=each.amount.amount_minor if each.amount else None,
        )
        for at, each in enumerate(stages)
    ]
    currencies = {each.amount.currency for each in stages if each.amount}

    async def effect(uow: UnitOfWork) -> UUID:
        await _set(uow, engagement_id, cleaned, currencies, now=now)
        return engagement_id

    return await keyed(
        actor,
        key=idempotency_key,
        operation="set_billing_plan",
        request={
            "engagement_id": engagement_id,
            "stages": [asdict(stage) for stage in cleaned],
            "currencies": sorted(currencies),
        },
        now=now,
        effect=effect,
    )


async def _set(
    uow: UnitOfWork,
    engagement_id: UUID,
    stages: Sequence[Stage],
    currencies: set[str],
    *,
    now: datetime,
) -> None:
    engagement = await engagement_queries.lock_engagement(uow, engagement_id)
    if engagement is None:
        raise NotFound("No engagement with this id.", field="engagementId")
    for currency in currencies:
        check_currency(Money(1, currency), engagement["currency"], "stages")
    version_id = engagement["current_scope_version_id"]
    if version_id is None:
        raise RuleViolation("Nothing is signed yet.", code="NO_SCOPE_VERSION")
    if any(row["invoice_id"] for row in await queries.live_stages(uow, engagement_id)):
        raise RuleViolation("A stage of the plan is on an invoice.", code="PLAN_BEGUN")
    items = {row["item_key"]: row for row in await scope_queries.items_of(uow, [version_id])}
    billed = {
        row["item_key"]
        for row in await invoice_queries.billed_lines(uow, engagement_id)
        if row["source"] in {"item", "time"}
    }
    if billed & items.keys():
        raise RuleViolation(
            f"These are on invoices already: {', '.join(sorted(billed & items.keys())[:12])}.",
            code="PLAN_ITEMS_BILLED",
        )
    for at, stage in enumerate(stages):
        if (
            stage.item_key is not None
            and items.get(stage.item_key, {"kind": "summary"})["kind"] == "summary"
        ):
            raise NotFound(
                f"The signed scope has no item {stage.item_key} that can be accepted.",
                code="ITEM_NOT_FOUND",
                field=f"stages.{at}.itemKey",
            )
    version = await scope_queries.version_by_id(uow, version_id)
    assert version is not None
    amounts = stage_amounts(stages, version["fee_minor"])
    await BillingStage.update({"is_live": False}).where(
        BillingStage.tenant_id == uow.tenant_id,
        BillingStage.engagement_id == engagement_id,
        BillingStage.is_live.eq(True),
    )
    await BillingStage.insert(
        *(
            BillingStage(
                tenant_id=uow.tenant_id,
                id=new_id(),
                engagement_id=engagement_id,
                scope_version_id=version_id,
                position=position,
                title=stage.title,
                item_key=stage.item_key,
                share_bps=stage.share_bps,
                net_minor=amount_minor,
                is_live=True,
                created_at=now,
            )
            for position, (stage, amount_minor) in enumerate(
                zip(stages, amounts, strict=True), start=1
            )
        )
    )
