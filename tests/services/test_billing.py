"""What is billed besides accepted items: stages, hours, packages, changed fees, expenses; discounts, vouchers, series."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services import billing, invoices
from services.billing import PackageDetails, StageDetails
from services.invoices import Expense, LineDiscount, Reductions, Selection, VoucherUse
from services.rules.billing import Stage
from services.rules.discounts import Discount
from services.rules.errors import DomainError, Forbidden, NotFound
from services.rules.money import Money
from services.rules.scope import AddItem, ReviseItem, ScopeItem
from tests.factories.engagements import Case, a_sent_order, a_signed_engagement, sign_subject
from tests.factories.money import (
    MARCH,
    a_billable_engagement,
    accept,
    an_issued_invoice,
    books,
    dkk,
    draft,
    invoice_row,
    issue,
    noon,
)

pytestmark = pytest.mark.usefixtures("database")


async def code_of(doing: Any, kind: type[DomainError] = DomainError) -> str:
    """The code of the refusal."""
    with pytest.raises(kind) as refusal:
        await doing
    return refusal.value.code


async def plan(case: Case, *stages: Stage) -> UUID:
    """A billing plan."""
    return await billing.set_billing_plan(
        case.actor,
        case.engagement_id,
        [
            StageDetails(stage, Money(stage.amount_minor, "DKK") if stage.amount_minor else None)
            for stage in stages
        ],
        idempotency_key=case.key(),
        now=noon(MARCH[3]),
    )


THIRDS = (
    Stage("On signing", share_bps=3333),
    Stage("Design accepted", "design", share_bps=3333),
    Stage("Build accepted", "build", share_bps=3334),
)


async def worked(case: Case, minutes: int = 90, **values: Any) -> UUID:
    """Hours on the support item."""
    return await billing.record_time(
        case.actor,
        case.engagement_id,
        **{
            "item_key": "support",
            "worked_on": MARCH[9],
            "minutes": minutes,
            "description": "Moved the mail",
            "idempotency_key": case.key(),
            "today": MARCH[9],
            "now": noon(MARCH[9]),
            **values,
        },
    )


async def with_support(case: Case) -> Case:
    """An order is signed that adds support by the hour, at DKK 950."""
    item = ScopeItem(
        "support", "Support", parent_key="site", position=8, rate_minor=95_000, tax_bps=2500
    )
    order_id = await a_sent_order(case, [AddItem(item)])
    await sign_subject(case.actor, "change_order", order_id)
    return case


async def sold(case: Case, **values: Any) -> UUID:
    """Ten sessions at DKK 800."""
    details = PackageDetails(
        "Ten sessions", Decimal(10), dkk(800), "S", 2500, MARCH[9], case.client.signer_id,
        "Yes, ten of them please.", "session",
    )  # fmt: skip
    return await billing.sell_package(
        case.actor,
        case.engagement_id,
        replace(details, **values),
        idempotency_key=case.key(),
        today=MARCH[9],
        now=noon(MARCH[9]),
    )


async def voucher(case: Case, value: Money, **values: Any) -> UUID:
    """A voucher of 9 March."""
    return await billing.issue_voucher(
        case.actor,
        case.client.client_id,
        **{
            "value": value,
            "reason": "The drawings were late.",
            "idempotency_key": case.key(),
            "today": MARCH[9],
            "now": noon(MARCH[9]),
            **values,
        },
    )


async def test_the_fee_is_billed_in_stages_as_they_are_reached() -> None:
    case = await a_billable_engagement()
    await plan(case, *THIRDS)
    first = await draft(case)
    assert (await invoice_row(case, first))["net_minor"] == 3_333_000
    assert await code_of(draft(case)) == "NOTHING_TO_BILL"
    await accept(case)
    second = await invoice_row(case, await draft(case))
    assert (second["net_minor"], second["tax_minor"]) == (3_333_000, 833_250)
    assert await code_of(draft(case, item_keys=["design"])) == "ITEM_IN_PLAN"
    await accept(case, "build")
    assert (await invoice_row(case, await draft(case)))["net_minor"] == 3_334_000
    assert await code_of(plan(case, *THIRDS)) == "PLAN_BEGUN"


async def test_a_stage_is_billed_once_by_ten_drafts_at_once() -> None:
    case = await a_billable_engagement()
    await plan(case, *THIRDS)

    async def one(key: int) -> str:
        try:
            await draft(case, idempotency_key=f"{key} {case.engagement_id}")
        except DomainError as refusal:
            return refusal.code
        return "drafted"

    answers = await asyncio.gather(*(one(key) for key in range(10)))
    assert sorted(answers) == ["NOTHING_TO_BILL"] * 9 + ["drafted"]


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        ([], "PLAN_EMPTY"),
        ([Stage("x")], "STAGE_INVALID"),
        ([Stage("x", share_bps=1, amount_minor=1)], "STAGE_INVALID"),
        ([Stage("x", share_bps=0)], "STAGE_INVALID"),
        ([Stage("x", amount_minor=-1)], "STAGE_INVALID"),
        ([Stage("x", share_bps=6000), Stage("y", share_bps=6000)], "PLAN_EXCEEDS_FEE"),
        ([Stage("x", amount_minor=10_000_001)], "PLAN_EXCEEDS_FEE"),
        ([Stage("x", "nothing", share_bps=100)], "ITEM_NOT_FOUND"),
        ([Stage("x", "site", share_bps=100)], "ITEM_NOT_FOUND"),
        ([Stage(" ", share_bps=100)], "REQUIRED"),
    ],
)
async def test_a_bad_plan_is_refused(stages: list[Stage], code: str) -> None:
    assert await code_of(plan(await a_billable_engagement(), *stages)) == code


async def test_items_that_are_billed_are_not_planned_too() -> None:
    case = await a_billable_engagement()
    await an_issued_invoice(case)
    assert await code_of(plan(case, *THIRDS)) == "PLAN_ITEMS_BILLED"


async def test_hours_are_billed_once_at_the_signed_rate_and_corrected_before() -> None:
    case = await with_support(await a_billable_engagement())
    wrong = await worked(case, 600)
    await worked(case, 50, replaces_id=wrong)
    await worked(case, 95)
    assert await code_of(worked(case, 1, replaces_id=wrong)) == "TIME_REPLACED"
    found = await invoices.billable(case.actor, case.engagement_id, today=MARCH[9])
    # 50 minutes are 791.666…, 95 are 1 504.166…
    assert [(line.net_minor, str(line.quantity)) for line in found.lines] == [
        (79_167, "0.833333"), (150_417, "1.583333"),
    ]  # fmt: skip
    assert found.by_source == (("time", 229_584),)
    invoice = await invoice_row(case, await issue(case, await draft(case)))
    assert (invoice["net_minor"], invoice["tax_minor"]) == (229_584, 57_396)
    billed = found.lines[1].of
    assert isinstance(billed, UUID)
    assert await code_of(worked(case, 0, replaces_id=billed)) == "TIME_BILLED"
    again = Selection(time_entry_ids=[billed])
    assert await code_of(draft(case, selection=again)) == "SOURCE_BILLED"
    assert await code_of(draft(case, selection=Selection(time_entry_ids=[wrong]))) == ("NOT_FOUND")


async def test_work_that_nobody_signed_cannot_be_billed_in_any_way() -> None:
    case = await a_billable_engagement()
    # The order for support is out and not signed; the design has a fee, so its hours are in it.
    item = ScopeItem(
        "support", "Support", parent_key="site", position=8, rate_minor=95_000, tax_bps=2500
    )
    order_id = await a_sent_order(case, [AddItem(item)])
    assert await code_of(worked(case), NotFound) == "ITEM_NOT_FOUND"
    assert await code_of(worked(case, item_key="design")) == "TIME_NOT_AGREED"
    assert await code_of(worked(case, item_key="handover")) == "TIME_NOT_AGREED"
    assert await code_of(draft(case, item_keys=["support"]), NotFound) == "ITEM_NOT_FOUND"
    chosen = Selection(change_order_ids=[order_id])
    assert await code_of(draft(case, selection=chosen), NotFound) == "NOT_FOUND"
    for expense in (
        Expense("Extra work", dkk(500), "S", 2500, " "),
        Expense("Extra work", dkk(0), "S", 2500, "R-1"),
    ):
        with pytest.raises(DomainError):
            await draft(case, selection=Selection(expenses=[expense]))
    assert await code_of(draft(case)) == "NOTHING_TO_BILL"


async def test_an_order_that_changes_a_planned_fee_bills_the_difference_once() -> None:
    case = await a_billable_engagement()
    await plan(case, Stage("On signing", share_bps=10_000))
    await issue(case, await draft(case))
    order_id = await a_sent_order(case, [ReviseItem("design", {"fee_minor": 4_500_000})])
    await sign_subject(case.actor, "change_order", order_id)
    chosen = Selection(change_order_ids=[order_id])
    assert await code_of(draft(case, selection=chosen), NotFound) == "NOT_FOUND"
    await accept(case)
    found = await invoices.billable(case.actor, case.engagement_id, today=MARCH[9])
    assert [(line.source, line.net_minor, line.title) for line in found.lines] == [
        ("change_order", 500_000, "1 A shop: Design")
    ]
    await issue(case, await draft(case, selection=chosen))
    assert await code_of(draft(case, selection=chosen)) == "NOT_FOUND"
    assert (await books(case))["revenue"] == -10_500_000


async def test_a_package_is_sold_by_the_clients_word_and_billed_once() -> None:
    case = await a_billable_engagement()
    sale = await sold(case)
    drafts = await asyncio.gather(
        *(
            draft(
                case,
                selection=Selection(package_sale_ids=[sale]),
                idempotency_key=f"{at} {sale}",
            )
            for at in range(4)
        ),
        return_exceptions=True,
    )
    made = [each for each in drafts if isinstance(each, UUID)]
    assert (
        sorted(each.code for each in drafts if isinstance(each, DomainError))
        == ["SOURCE_BILLED"] * 3
    )
    assert (await invoice_row(case, made[0]))["total_minor"] == 1_000_000
    other = await a_signed_engagement(case.people)
    assert await code_of(sold(case, contact_id=other.client.signer_id), NotFound) == "NOT_FOUND"
    assert await code_of(sold(case, quantity=Decimal(0))) == "QUANTITY_INVALID"
    assert await code_of(sold(case, quantity=Decimal("NaN"))) == "QUANTITY_INVALID"
    assert await code_of(sold(case, unit_price=Money(1, "EUR"))) == "CURRENCY_MISMATCH"
    assert await code_of(sold(case, words=" ")) == "REQUIRED"


async def test_a_receipt_is_billed_once() -> None:
    case = await a_billable_engagement()
    train = Selection(expenses=[Expense("Train to Aalborg", dkk(412), "Z", 0, "DSB 4711")])
    assert (await invoice_row(case, await draft(case, selection=train)))["total_minor"] == 41_200
    assert await code_of(draft(case, selection=train)) == "SOURCE_BILLED"


async def test_discounts_and_vouchers_come_off_before_tax_and_the_lines_say_how() -> None:
    case = await a_billable_engagement()
    await accept(case)
    await accept(case, "build")
    card = await voucher(case, dkk(5_000))
    off = Reductions(
        lines=[LineDiscount(1, Discount("Friends", rate_bps=1000))],
        whole=[Discount("Two at once", amount_minor=600_000)],
        vouchers=[VoucherUse(card)],
    )
    drafted = await draft(case, item_keys=["design", "build"], reductions=off)
    invoice = await invoice_row(case, drafted)
    # 40 000 less 10 %, and 60 000; less 6 000 and 5 000 spread 36 : 60.
    assert (invoice["net_minor"], invoice["discount_minor"], invoice["tax_minor"]) == (
        8_500_000, 1_500_000, 2_125_000,
    )  # fmt: skip
    assert await code_of(draft(case, item_keys=[], reductions=off)) == "INVOICE_EMPTY"
    await issue(case, drafted)
    assert (await books(case))["revenue"] == -8_500_000


async def test_a_voucher_is_never_used_beyond_what_it_holds_and_comes_back_with_a_discarded_draft(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    card = await voucher(case, dkk(3_000), expires_on=MARCH[20])
    sales = [await sold(case) for _ in range(5)]

    async def use(at: int) -> UUID | str:
        try:
            return await draft(
                case,
                selection=Selection(package_sale_ids=[sales[at]]),
                reductions=Reductions(vouchers=[VoucherUse(card, 150_000)]),
                idempotency_key=f"{at} {card}",
            )
        except DomainError as refusal:
            return refusal.code

    answers = await asyncio.gather(*(use(at) for at in range(5)))
    used = [each for each in answers if isinstance(each, UUID)]
    assert [each for each in answers if isinstance(each, str)] == ["VOUCHER_EXCEEDED"] * 3
    await invoices.discard_invoice(case.actor, used[0], expected_version=1, now=noon(MARCH[9]))
    assert (
        await owner_connection.fetchval(
            "select used_minor from discount_voucher where id = $1", card
        )
        == 150_000
    )
    assert await code_of(issue(case, used[1], on=MARCH[21])) == "VOUCHER_EXPIRED"
    await issue(case, used[1], on=MARCH[20])
    late = Reductions(vouchers=[VoucherUse(card)])
    assert await code_of(draft(case, on=MARCH[21], reductions=late)) == "VOUCHER_EXPIRED"
    for statement in (
        "update discount_voucher set used_minor = value_minor + 1",
        "update discount_voucher set value_minor = value_minor + 1",
        "delete from discount_voucher",
        "update invoice_allowance set amount_minor = 1",
        "delete from invoice_allowance",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner_connection.execute(statement)


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (Reductions(lines=[LineDiscount(2, Discount("x", rate_bps=1))]), "LINE_NOT_FOUND"),
        (Reductions(lines=[LineDiscount(1, Discount("x"))]), "DISCOUNT_INVALID"),
        (Reductions(lines=[LineDiscount(1, Discount("x", rate_bps=10_001))]), "DISCOUNT_INVALID"),
        (Reductions(lines=[LineDiscount(1, Discount(" ", rate_bps=1))]), "REQUIRED"),
        (Reductions(whole=[Discount("x", amount_minor=4_000_001)]), "DISCOUNT_EXCEEDS"),
        (Reductions(whole=[Discount("x", amount_minor=-1)]), "DISCOUNT_INVALID"),
        (Reductions(whole=[Discount("x", rate_bps=10_000)]), "NOTHING_TO_BILL"),
        (Reductions(vouchers=[VoucherUse(UUID(int=1))]), "NOT_FOUND"),
    ],
)
async def test_a_bad_discount_is_refused(off: Reductions, code: str) -> None:
    case = await a_billable_engagement()
    await accept(case)
    assert await code_of(draft(case, reductions=off)) == code


async def test_each_series_has_numbers_of_its_own_without_gaps(
    owner_connection: asyncpg.Connection,
) -> None:
    case = await a_billable_engagement()
    series = await billing.open_series(
        case.actor, kind="invoice", name="Packages", prefix="P", now=noon(MARCH[9])
    )
    numbers = []
    for named in (series, None, series):
        sale = Selection(package_sale_ids=[await sold(case)])
        drafted = await draft(case, selection=sale)
        await issue(case, drafted, series_id=named)
        numbers.append(invoices.number_of(await invoice_row(case, drafted)))
    assert numbers == ["P-2026-0001", "2026-0001", "P-2026-0002"]
    again = billing.open_series(
        case.actor, kind="credit_note", name="Twin", prefix="P", now=noon(MARCH[9])
    )
    assert await code_of(again) == "SERIES_EXISTS"
    for prefix in ("CN", "p", "", "P-1", "ABCDEFGHIJK"):
        bad = billing.open_series(
            case.actor, kind="invoice", name="Bad", prefix=prefix, now=noon(MARCH[9])
        )
        assert await code_of(bad) == "SERIES_PREFIX"
    drafted = await draft(case, selection=Selection(package_sale_ids=[await sold(case)]))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner_connection.execute(
            "update invoice set status = 'issued', number_year = 2026, number_ordinal = 9, issue_date = '2026-03-09', "
            "due_date = '2026-03-09', journal_id = (select journal_id from invoice where journal_id is not null limit 1) where id = $1",
            drafted,
        )


@pytest.mark.parametrize("role", ["assistant", "accountant"])
async def test_whoever_may_not_move_money_changes_nothing(role: str) -> None:
    case = await a_billable_engagement()
    as_role = replace(case, people=replace(case.people, owner=getattr(case.people, role)))
    for attempt in (
        plan(as_role, *THIRDS),
        sold(as_role),
        voucher(as_role, dkk(1)),
        billing.open_series(
            as_role.actor, kind="invoice", name="x", prefix="X", now=noon(MARCH[9])
        ),
    ):
        assert await code_of(attempt, Forbidden) == "FORBIDDEN"
    if role == "accountant":
        assert await code_of(worked(as_role), Forbidden) == "FORBIDDEN"
    assert (await invoices.billable(as_role.actor, case.engagement_id, today=MARCH[9])).lines == ()


async def test_another_practices_ids_answer_like_missing_ones() -> None:
    case, stranger = await a_billable_engagement(), await a_billable_engagement()
    stranger = replace(stranger, engagement_id=case.engagement_id)
    for attempt in (
        plan(stranger, *THIRDS),
        worked(stranger),
        sold(stranger),
        voucher(replace(stranger, client=case.client), dkk(1)),
        invoices.billable(stranger.actor, case.engagement_id, today=date(2026, 3, 9)),
    ):
        assert await code_of(attempt, NotFound) == "NOT_FOUND"
