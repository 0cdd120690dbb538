"""Where the lines of an invoice come from: everything that could be billed of an engagement now, each thing once.

A source is an accepted item, a stage of the billing plan that is reached, hours, a package sold, a change of a fee that was billed
before, a period of a retainer, or an expense with its receipt. The database refuses a second line of the same source.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from db.queries import billing as queries
from db.queries import invoices as invoice_queries
from db.queries import scopes as scope_queries
from db.unit_of_work import UnitOfWork
from services.rules import invoices as rules
from services.rules.billing import by_tax, hours, time_amount
from services.rules.budgets import check_rate
from services.rules.errors import InvalidInput, NotFound, RuleViolation
from services.rules.money import Money
from services.rules.movements import check_amount, check_currency
from services.rules.retainers.periods import Period, period_on
from services.rules.scope import Scope
from services.rules.taxes import check_tax
from services.rules.text import clean_text
from services.scopes.rows import scope_item

Source = Literal[
    "item", "milestone", "time", "package", "change_order", "retainer_period", "expense"
]
SOURCES: Final[tuple[Source, ...]] = (
    "item",
    "milestone",
    "time",
    "package",
    "change_order",
    "retainer_period",
    "expense",
)
"""What a line may come from, in the order in which lines stand."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line before discounts and tax. `of` is what is billed; `columns` are those of the row that name it."""

    source: Source
    of: str | UUID | tuple[UUID, int]
    title: str
    net_minor: int
    tax_code: str
    tax_bps: int
    columns: dict[str, Any]
    quantity: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Expense:
    """What was laid out for the client, before tax, with the reference of its receipt: the only free line there is."""

    description: str
    net: Money
    tax_code: str
    tax_bps: int
    receipt_reference: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What to bill, by kind; where nothing at all is named, everything that could be billed (expenses are always named)."""

    item_keys: Sequence[str] | None = None
    stage_ids: Sequence[UUID] | None = None
    time_entry_ids: Sequence[UUID] | None = None
    package_sale_ids: Sequence[UUID] | None = None
    change_order_ids: Sequence[UUID] | None = None
    retainer_periods: Sequence[tuple[UUID, int]] | None = None
    expenses: Sequence[Expense] = field(default=())

    @property
    def is_everything(self) -> bool:
        """Whether nothing is named."""
        return not self.expenses and all(
            each is None
            for each in (
                self.item_keys,
                self.stage_ids,
                self.time_entry_ids,
                self.package_sale_ids,
                self.change_order_ids,
                self.retainer_periods,
            )
        )


async def source_lines(
    uow: UnitOfWork, engagement: Any, wanted: Selection, today: date
) -> tuple[SourceLine, ...]:
    """The lines that bill the selection. The engagement is locked.

    Raises `InvalidInput` (INVOICE_EMPTY, TEXT_…, AMOUNT_…, TAX_…), `NotFound` (also ITEM_NOT_FOUND), `RuleViolation`
    (NOTHING_TO_BILL, ITEM_IS_SUMMARY, ITEM_NOT_ACCEPTED, ITEM_BILLED, ITEM_IN_PLAN, SOURCE_BILLED, STAGE_NOT_REACHED,
    CURRENCY_MISMATCH).
    """
    if wanted.is_everything:
        lines = await billable(uow, engagement, today)
        if not lines:
            raise RuleViolation(
                "Nothing is accepted, reached, worked or sold that is not billed yet.",
                code="NOTHING_TO_BILL",
            )
        return lines
    found: list[SourceLine] = []
    if wanted.item_keys:
        found += await _items(uow, engagement, wanted.item_keys)
    found += await _chosen(uow, engagement, wanted, today)
    found += await _expenses(uow, engagement, wanted.expenses)
    if not found:
        raise InvalidInput("An invoice bills something.", code="INVOICE_EMPTY", field="itemKeys")
    return tuple(found)


async def billable(uow: UnitOfWork, engagement: Any, today: date) -> tuple[SourceLine, ...]:
    """Everything that could be billed now."""
    billed = {
        row["item_key"]
        for row in await invoice_queries.billed_lines(uow, engagement["id"])
        if row["source"] == "item"
    }
    planned = await queries.planned_items(uow, engagement["id"])
    keys = [
        row["item_key"]
        for row in await scope_queries.billable_items(uow, engagement["id"])
        if row["acceptance_id"]
        and row["fee_minor"] > 0
        and row["item_key"] not in billed
        and row["item_key"] not in planned
    ]
    items = await _items(uow, engagement, keys) if keys else []
    return (*items, *await _others(uow, engagement, today))


async def _items(uow: UnitOfWork, engagement: Any, keys: Sequence[str]) -> list[SourceLine]:
    if len(set(keys)) != len(keys):
        raise InvalidInput("An item stands twice.", code="INVOICE_EMPTY", field="itemKeys")
    planned = await queries.planned_items(uow, engagement["id"])
    for at, key in enumerate(keys):
        if key in planned:
            raise RuleViolation(
                f"{key} is billed by the plan.", code="ITEM_IN_PLAN", field=f"itemKeys.{at}"
            )
    version_id = engagement["current_scope_version_id"]
    rows = await scope_queries.items_of(uow, [version_id]) if version_id else []
    leaves = await scope_queries.billable_items(uow, engagement["id"])
    accepted = {row["item_key"]: row["acceptance_id"] for row in leaves if row["acceptance_id"]}
    billed = {
        row["item_key"]
        for row in await invoice_queries.billed_lines(uow, engagement["id"])
        if row["source"] == "item"
    }
    fees = {row["item_key"]: row["fee_minor"] for row in rows}
    lines = rules.lines_of_items(
        Scope(items=tuple(scope_item(row) for row in rows)),
        keys,
        accepted_keys=accepted.keys(),
        # An item is billed once and whole; what was billed of it leaves nothing.
        billed_minor={key: fees.get(key, 0) for key in billed},
    )
    return [
        SourceLine(
            "item",
            str(line.item_key),
            line.description,
            line.net_minor,
            line.tax_code,
            line.tax_bps,
            {
                "item_key": line.item_key,
                "scope_version_id": version_id,
                "acceptance_id": accepted[str(line.item_key)],
            },
        )
        for line in lines
    ]


async def _others(uow: UnitOfWork, engagement: Any, today: date) -> list[SourceLine]:
    return [
        *await _stages(uow, engagement, is_reached=True),
        *await _times(uow, engagement),
        *await _packages(uow, engagement),
        *await _changed_fees(uow, engagement),
        *await _periods(uow, engagement, today),
    ]


async def _chosen(
    uow: UnitOfWork, engagement: Any, wanted: Selection, today: date
) -> list[SourceLine]:
    kinds: tuple[tuple[Source, str, Collection[Any] | None], ...] = (
        ("milestone", "stageIds", wanted.stage_ids),
        ("time", "timeEntryIds", wanted.time_entry_ids),
        ("package", "packageSaleIds", wanted.package_sale_ids),
        ("change_order", "changeOrderIds", wanted.change_order_ids),
        ("retainer_period", "retainerPeriods", wanted.retainer_periods),
    )
    if all(ids is None for _, _, ids in kinds):
        return []
    there = await _others(uow, engagement, today)
    found: list[SourceLine] = []
    for source, name, ids in kinds:
        if ids is None:
            continue
        if len(set(ids)) != len(ids):
            raise InvalidInput("A source stands twice.", code="INVOICE_EMPTY", field=name)
        for at, each in enumerate(ids):
            lines = [line for line in there if line.source == source and line.of == each]
            if not lines:
                await _refuse(uow, engagement, source, each, f"{name}.{at}")
            found += lines
    return found


async def _refuse(uow: UnitOfWork, engagement: Any, source: Source, of: Any, named: str) -> None:
    """Say why a source that was named cannot be billed."""
    reads = {
        "milestone": queries.live_stages,
        "time": queries.time_entries_of,
        "package": queries.package_sales_of,
    }
    if source in reads:
        row: Any = next(
            (row for row in await reads[source](uow, engagement["id"]) if row["id"] == of), None
        )
        if row is not None and row["invoice_id"]:
            raise RuleViolation("This is on an invoice.", code="SOURCE_BILLED", field=named)
        if row is not None and source == "milestone":
            raise RuleViolation(
                f"{row['title']}: {row['item_key']} is not accepted yet.",
                code="STAGE_NOT_REACHED",
                field=named,
            )
    raise NotFound(
        "Nothing like this can be billed here, or it is billed.",
        field=named,
    )


async def _stages(uow: UnitOfWork, engagement: Any, *, is_reached: bool) -> list[SourceLine]:
    rows = [
        row
        for row in await queries.live_stages(uow, engagement["id"])
        if row["is_reached"] == is_reached and not row["invoice_id"]
    ]
    if not rows:
        return []
    fees: dict[tuple[str, int], int] = {}
    for item in await scope_queries.items_of(uow, [rows[0]["scope_version_id"]]):
        if item["kind"] != "summary":
            key = item["tax_code"], item["tax_bps"]
            fees[key] = fees.get(key, 0) + item["fee_minor"]
    return [
        SourceLine(
            "milestone",
            row["id"],
            row["title"],
            net_minor,
            code,
            bps,
            {"billing_stage_id": row["id"]},
        )
        for row in rows
        for code, bps, net_minor in by_tax(row["net_minor"], fees)
    ]


async def _times(uow: UnitOfWork, engagement: Any) -> list[SourceLine]:
    return [
        SourceLine(
            "time",
            row["id"],
            f"{row['worked_on']}: {row['description']}"[:200],
            time_amount(row["minutes"], row["rate_minor"]),
            row["tax_code"],
            row["tax_bps"],
            {
                "time_entry_id": row["id"],
                "item_key": row["item_key"],
                "scope_version_id": row["scope_version_id"],
            },
            hours(row["minutes"]),
            "hour",
        )
        for row in await queries.time_entries_of(uow, engagement["id"])
        if not row["is_replaced"]
        and not row["invoice_id"]
        and time_amount(row["minutes"], row["rate_minor"])
    ]


async def _packages(uow: UnitOfWork, engagement: Any) -> list[SourceLine]:
    return [
        SourceLine(
            "package",
            row["id"],
            row["title"],
            row["net_minor"],
            row["tax_code"],
            row["tax_bps"],
            {"package_sale_id": row["id"]},
            row["quantity"],
            row["unit"],
        )
        for row in await queries.package_sales_of(uow, engagement["id"])
        if not row["invoice_id"]
    ]


async def _changed_fees(uow: UnitOfWork, engagement: Any) -> list[SourceLine]:
    return [
        SourceLine(
            "change_order",
            row["change_order_id"],
            f"{row['order_number']} {row['order_title']}: {row['title']}"[:200],
            row["net_minor"],
            row["tax_code"],
            row["tax_bps"],
            {
                "change_order_id": row["change_order_id"],
                "item_key": row["item_key"],
                "scope_version_id": row["scope_version_id"],
            },
        )
        for row in await queries.changed_fees(uow, engagement["id"])
    ]


async def _periods(uow: UnitOfWork, engagement: Any, today: date) -> list[SourceLine]:
    found = []
    for terms in await queries.open_periods(uow, engagement["id"]):
        if today < terms["starts_on"]:
            continue
        begun = period_on(terms["starts_on"], Period(terms["period"]), today)
        for number in _numbers(min(begun, terms["periods"]), terms["billed"]):
            found.append(
                SourceLine(
                    "retainer_period",
                    (terms["retainer_id"], number),
                    f"{terms['kind'].replace('_', ' ').capitalize()} {number}/{terms['periods']}",
                    terms["net_minor"],
                    terms["tax_code"] or engagement["tax_code"],
                    terms["tax_bps"] if terms["tax_code"] else engagement["tax_bps"],
                    {"retainer_id": terms["retainer_id"], "retainer_period": number},
                )
            )
    return found


def _numbers(last: int, billed: Iterable[int]) -> list[int]:
    return [number for number in range(1, last + 1) if number not in set(billed)]


async def _expenses(
    uow: UnitOfWork, engagement: Any, expenses: Sequence[Expense]
) -> list[SourceLine]:
    if not expenses:
        return []
    billed = {
        row["receipt_reference"]
        for row in await invoice_queries.billed_lines(uow, engagement["id"])
        if row["source"] == "expense"
    }
    found = []
    for at, each in enumerate(expenses):
        line = _expense(each, at, engagement)
        if line.of in billed:
            raise RuleViolation(
                "This receipt is on an invoice.",
                code="SOURCE_BILLED",
                field=f"expenses.{at}.receiptReference",
            )
        billed.add(str(line.of))
        found.append(line)
    return found


def _expense(expense: Expense, at: int, engagement: Any) -> SourceLine:
    named = f"expenses.{at}"
    check_amount(expense.net, f"{named}.net")
    check_currency(expense.net, engagement["currency"], f"{named}.net")
    check_rate(expense.tax_bps, f"{named}.taxBps")
    check_tax(expense.tax_code, expense.tax_bps, f"{named}.taxCode")
    receipt = clean_text(expense.receipt_reference, f"{named}.receiptReference", max_length=100)
    return SourceLine(
        "expense",
        receipt,
        clean_text(expense.description, f"{named}.description"),
        expense.net.amount_minor,
        expense.tax_code,
        expense.tax_bps,
        {"receipt_reference": receipt},
    )
