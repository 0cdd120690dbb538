"""While an offer stands and when it ends; and the gate: what nobody signed is neither worked on nor billed."""

import json
from datetime import date, timedelta

import pytest

from db.queries import change_orders as queries
from db.unit_of_work import read_only, unit_of_work
from services import acceptances, change_orders, invoices, signing
from services.rules.errors import Conflict, DomainError, NotFound, RuleViolation
from services.rules.scope import ReviseItem
from services.sweep import sweep
from tests.factories.engagements import (
    LATER,
    TODAY,
    Case,
    a_change_order,
    a_sent_order,
    a_shop,
    a_signed_engagement,
    current_scope,
    link_to,
    sign_subject,
)

pytestmark = pytest.mark.usefixtures("database")

SECOND = timedelta(seconds=1)


async def order_row(case: Case, order_id):
    async with read_only(case.actor.scope()) as uow:
        return await queries.change_order_by_id(uow, order_id)


async def mails(case: Case, kind: str) -> list[tuple[str, dict]]:
    """The mails of a kind: to whom, and what they say."""
    async with read_only(case.actor.scope()) as uow:
        rows = await uow.fetch(
            "select recipient_email, data from outbox_message where tenant_id = $1 and kind = $2 order by id",
            uow.tenant_id, kind,
        )  # fmt: skip
    return [(row["recipient_email"], json.loads(row["data"])) for row in rows]


async def test_signers_are_reminded_once_three_days_before_the_offer_ends() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    row = await order_row(case, order_id)
    # The offer stands through 16 March; 13 March at nine in Copenhagen (UTC+1).
    assert row["remind_at"].isoformat() == "2026-03-13T08:00:00+00:00"
    await sweep(row["remind_at"] - SECOND)
    assert await mails(case, "offer_reminder") == []
    for _ in range(2):
        await sweep(row["remind_at"])
    ((to, data),) = await mails(case, "offer_reminder")
    assert (to, data["document_number"], data["title"]) == (
        "signer@havn.example",
        "2026-001-CO01",
        "A shop",
    )
    after = await order_row(case, order_id)
    assert (after["reminded_at"], after["status"], after["version"]) == (
        row["remind_at"],
        "sent",
        row["version"],
    )


async def test_nobody_is_reminded_of_what_cannot_be_signed_or_was_decided_or_by_agreement() -> None:
    case = await a_signed_engagement()
    first, stale = await a_sent_order(case), await a_sent_order(case, a_shop("blog"))
    due = (await order_row(case, stale))["remind_at"]
    await sign_subject(case.actor, "change_order", first)
    quiet = await a_signed_engagement(case.people, change_reminder_days=0)
    assert (await order_row(quiet, await a_sent_order(quiet)))["remind_at"] is None
    await sweep(due)
    assert await mails(case, "offer_reminder") == []


async def test_whoever_sent_an_offer_is_told_that_it_expired_and_nothing_has_changed() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case)
    end = (await order_row(case, order_id))["expires_at"]
    before = await current_scope(case)
    await sweep(end)
    await sweep(end)
    ((to, data),) = await mails(case, "offer_expired")
    assert (to, data["document_number"], data["client_name"]) == (
        "owner@nordlys.example",
        "2026-001-CO01",
        "Havn & Co",
    )
    assert (await order_row(case, order_id))["status"] == "expired"
    assert (await current_scope(case))["id"] == before["id"]
    again = await change_orders.reissue_change_order(case.actor, order_id, now=end, today=TODAY)
    assert (await order_row(case, again))["status"] == "draft"


# --- the gate -----------------------------------------------------------------------------------------------------------


async def billed(case: Case, *keys: str) -> str:
    """What becomes of an invoice for these items, as its code."""
    try:
        await invoices.draft_invoice(
            case.actor,
            case.engagement_id,
            item_keys=keys,
            idempotency_key=case.key(),
            today=TODAY,
            now=LATER,
        )
    except DomainError as error:
        return error.code
    return "done"


async def accept(case: Case, key: str) -> None:
    await acceptances.accept_item(
        case.actor,
        case.engagement_id,
        key,
        accepted_on=TODAY,
        contact_id=case.client.signer_id,
        now=LATER,
        today=TODAY,
    )


async def test_unsigned_extra_work_can_be_neither_accepted_nor_billed() -> None:
    case = await a_signed_engagement()
    draft = await a_change_order(case, a_shop("blog"))
    sent = await a_sent_order(case)
    for key in ("shop", "blog", "nowhere"):
        with pytest.raises(NotFound) as refused:
            await accept(case, key)
        assert refused.value.code == "ITEM_NOT_FOUND"
        assert await billed(case, key) == "ITEM_NOT_FOUND"
    await sign_subject(case.actor, "change_order", sent)
    assert await billed(case, "shop") == "ITEM_NOT_ACCEPTED"
    await accept(case, "shop")
    assert await billed(case, "blog") == "ITEM_NOT_FOUND"
    assert await billed(case, "shop") == "done"
    assert await billed(case, "shop") == "ITEM_BILLED"
    assert (await order_row(case, draft))["status"] == "draft"


async def test_a_dearer_price_that_was_not_signed_is_not_billed() -> None:
    case = await a_signed_engagement()
    order_id = await a_sent_order(case, [ReviseItem("design", {"fee_minor": 5_000_000})])
    await accept(case, "design")
    assert await billed(case, "design") == "done"
    async with read_only(case.actor.scope()) as uow:
        net = await uow.fetchval(
            "select net_minor from invoice where tenant_id = $1 and engagement_id = $2",
            uow.tenant_id, case.engagement_id,
        )  # fmt: skip
    assert net == 4_000_000
    with pytest.raises(RuleViolation):
        await sign_subject(case.actor, "change_order", order_id)


async def test_silence_is_not_consent_and_neither_is_a_no_or_a_page_that_was_opened() -> None:
    case = await a_signed_engagement()
    silent, declined = await a_sent_order(case), await a_sent_order(case, a_shop("blog"))
    for order_id in (silent, declined):
        token, _ = await link_to(case.actor, "change_order", order_id)
        await signing.open_link(token, ip="", user_agent="", now=LATER)
    token, _ = await link_to(case.actor, "change_order", declined)
    await signing.decline(token, reason="No", ip="", user_agent="", now=LATER)
    end = (await order_row(case, silent))["expires_at"]
    with pytest.raises(Conflict):
        await sign_subject(case.actor, "change_order", silent, now=end + SECOND)
    assert (await current_scope(case))["number"] == 1
    assert [await billed(case, key) for key in ("shop", "blog")] == ["ITEM_NOT_FOUND"] * 2


async def test_a_clients_request_is_to_be_answered_within_the_response_days_of_the_clause() -> None:
    case = await a_signed_engagement(change_response_days=5)
    asked = await a_change_order(case, requested_on=date(2026, 2, 27))
    own = await a_change_order(case, a_shop("blog"), requested_by=None)
    # Five working days after Friday 27 February.
    assert (await order_row(case, asked))["respond_by"] == date(2026, 3, 6)
    assert (await order_row(case, own))["respond_by"] is None


async def test_revenue_is_suggested_and_decided_by_the_practice() -> None:
    case = await a_signed_engagement()
    suggested = await order_row(case, await a_change_order(case))
    decided = await order_row(
        case, await a_change_order(case, a_shop("blog"), revenue_class="catch_up")
    )
    for row in (suggested, decided):
        assert (row["suggested_revenue_class"], row["suggested_paragraph"]) == (
            "separate_contract",
            "20",
        )
    assert (suggested["revenue_class"], decided["revenue_class"]) == (
        "separate_contract",
        "catch_up",
    )
    # Design was to begin on 2 March: by the day after, it has.
    later = await change_orders.create_change_order(
        case.actor,
        case.engagement_id,
        change_orders.ChangeOrderDetails(
            title="Dearer", changes=[ReviseItem("design", {"fee_minor": 4_400_000})]
        ),
        now=LATER,
        today=TODAY + timedelta(days=1),
    )
    row = await order_row(case, later)
    assert (row["revenue_class"], row["suggested_paragraph"]) == ("catch_up", "21(b)")
    async with unit_of_work(case.actor.scope()) as uow:
        assert len(await queries.change_orders_of(uow, [case.engagement_id])) == 3
