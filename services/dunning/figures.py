"""What a notice says: how much is owed and since when, interest to date, what was charged, its own fee, and until when to pay."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts import formats
from db.queries import dunning as queries
from db.unit_of_work import UnitOfWork
from services import engagements
from services.dunning.charges import number_of as charge_number
from services.dunning.charges import open_minor as charge_open_minor
from services.invoices.numbers import number_of, open_minor
from services.late_interest.claims import claim_on
from services.rules.dunning import FeeTerms, fee_of
from services.rules.errors import DomainError
from services.rules.money import Money


@dataclass(frozen=True)
class Figures:
    """The figures of one notice on a day. `interest` is what has run and is not paid or given up; None where no rate is known.

    `charges` are the open fixed sum and earlier fees in the invoice's currency; `other_charges` those in another, as text.
    """

    owed: Money
    days_late: int
    interest: Money | None
    interest_note: str
    charges: Money
    other_charges: tuple[tuple[str, Money], ...]
    fee: Money | None
    fee_note: str
    pay_by: date

    @property
    def total(self) -> Money:
        """All of it in the invoice's currency."""
        total = self.owed + self.charges
        for part in (self.interest, self.fee):
            total = total if part is None else total + part
        return total


async def figures_of(uow: UnitOfWork, turn: Any, on: date) -> Figures:
    """The figures of the notice that comes next, if it goes out on a day."""
    invoice, currency = turn.invoice, turn.invoice["currency"]
    charges = await queries.rows_of_invoices(uow, "late_charge", [invoice["id"]])
    owing = [row for row in charges if row["kind"] != "interest" and charge_open_minor(row)]
    interest, note = await _interest(uow, invoice, on, charges)
    verdict = fee_of(
        Money(turn.step.fee_minor, turn.ladder.currency)
        if turn.step.fee_minor and turn.ladder.currency == currency
        else None,
        law=turn.engagement["law"],
        on=on,
        terms=_terms(turn.engagement),
        charged_on=[row["charged_on"] for row in charges if row["kind"] == "reminder_fee"],
        last_notice_on=turn.last_sent_on,
    )
    return Figures(
        owed=Money(open_minor(invoice), currency),
        days_late=(on - invoice["due_date"]).days,
        interest=interest,
        interest_note=note,
        charges=Money(
            sum(charge_open_minor(row) for row in owing if row["currency"] == currency), currency
        ),
        other_charges=tuple(
            (charge_number(row), Money(charge_open_minor(row), row["currency"]))
            for row in owing
            if row["currency"] != currency
        ),
        fee=verdict.fee,
        fee_note=verdict.note,
        pay_by=on + timedelta(days=turn.step.pay_within_days),
    )


async def _interest(
    uow: UnitOfWork, invoice: Any, on: date, charges: list[Any]
) -> tuple[Money | None, str]:
    """Interest that has run through a day, less what of it was paid or given up; None with the reason where none can be said."""
    try:
        claim = await claim_on(uow, invoice, on)
    except DomainError as error:  # a notice goes out without the sum rather than not at all
        return None, error.message
    settled_minor = sum(
        row["amount_minor"] if row["status"] == "waived" else row["paid_minor"]
        for row in charges
        if row["kind"] == "interest"
    )
    left_minor = max(claim.found.interest.amount_minor - settled_minor, 0)
    return Money(left_minor, invoice["currency"]), ""


def _terms(engagement: Any) -> FeeTerms | None:
    late = engagements.clauses_of(engagement).late_payment
    if late is None or late.reminder_fee_minor is None:
        return None
    return FeeTerms(
        Money(late.reminder_fee_minor, engagement["currency"]),
        late.reminder_maximum_count,
        late.reminder_interval_days,
    )


def words(turn: Any, figures: Figures, locale: str) -> dict[str, Any]:
    """The figures as a reader writes them: what the templates of the four tones say their sentences with."""

    def money(amount: Money | None) -> str:
        if amount is None or not amount.amount_minor:
            return ""
        return formats.money(
            {"amount_minor": amount.amount_minor, "currency": amount.currency}, locale
        )

    def day(value: date) -> str:
        return formats.date(value.isoformat(), locale)

    own = turn.row["opening"] if turn.row is not None else ""
    practice = turn.practice
    return {
        "practice_name": practice["legal_name"] or practice["name"],
        "engagement_name": turn.engagement["name"],
        "number": number_of(turn.invoice),
        "opening": own or (turn.step.opening_da if locale == "da" else turn.step.opening_en),
        "issue_date": day(turn.invoice["issue_date"]),
        "due_date": day(turn.invoice["due_date"]),
        "days_late": formats.FILTERS["days"](figures.days_late, locale),
        "owed": money(figures.owed),
        "interest": money(figures.interest),
        "has_rate": figures.interest is not None,
        "charges": money(figures.charges),
        "other_charges": [[number, money(amount)] for number, amount in figures.other_charges],
        "fee": money(figures.fee),
        "total": money(figures.total),
        "pay_by": day(figures.pay_by),
        "account": practice["bank_account"],
    }
