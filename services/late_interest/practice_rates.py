"""Reference rates that came out after the table of this version: a practice adds them, each with its source.

What the table knows it knows for everybody: a practice adds the half-year that follows, and the ones after it, without a gap.
A mistake is put right by another row for the same day; the newest one counts, and what was claimed before keeps its figures.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from db.ids import new_id
from db.queries import dunning as queries
from db.tables.dunning import LateInterestRate
from db.unit_of_work import UnitOfWork, unit_of_work
from services.actor import MONEY, Actor
from services.late_interest import reference_rates
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.late_interest import Law, RateRow, Reference, ReferenceRates, reference_of
from services.rules.text import clean_text


async def rates_for(uow: UnitOfWork, law: Law) -> ReferenceRates | None:
    """The rates that a law needs, with the practice's own behind those of the table; None for a contract's own."""
    reference = reference_of(law)
    return None if reference is None else await _merged(uow, reference)


async def _merged(uow: UnitOfWork, reference: Reference) -> ReferenceRates:
    table = reference_rates(reference)
    own = {row["valid_from"]: row for row in await queries.own_rates(uow, reference.value)}
    rows, known_through = list(table.rows), table.known_through
    while (following := own.get(known_through + timedelta(days=1))) is not None:
        rows.append(
            RateRow(
                following["valid_from"],
                Decimal(following["rate_bps"]).scaleb(-2),
                following["source"],
            )
        )
        known_through = half_year_end(following["valid_from"])
    return ReferenceRates(tuple(rows), known_through)


def half_year_end(first: date) -> date:
    """The last day of the half-year that begins on a day."""
    return date(first.year, 6, 30) if first.month == 1 else date(first.year, 12, 31)


async def add_rate(
    actor: Actor,
    reference: Reference,
    *,
    valid_from: date,
    rate_bps: int,
    source: str,
    today: date,
    now: datetime,
) -> UUID:
    """Add the reference rate of one half-year, in basis points, with where it was published. Answers the row's id.

    Raises `Forbidden`, `InvalidInput` (RATE_INVALID, RATE_DATE for a day that begins no half-year or is still to come, TEXT_…),
    `RuleViolation` (RATE_KNOWN where the table has it, RATE_GAP where the half-year before is missing).
    """
    actor.require(*MONEY)
    said = clean_text(source, "source", max_length=500)
    if not -1000 <= rate_bps <= 10_000:
        raise InvalidInput(
            "A reference rate lies from -10 to 100 percent.", code="RATE_INVALID", field="rateBps"
        )
    if valid_from.day != 1 or valid_from.month not in (1, 7) or valid_from > today:
        raise InvalidInput(
            "A reference rate holds from 1 January or 1 July, and is known once that day has come.",
            code="RATE_DATE",
            field="validFrom",
        )
    if valid_from <= reference_rates(reference).known_through:
        raise RuleViolation(
            f"This rate is in the table, which ends on {reference_rates(reference).known_through.isoformat()}.",
            code="RATE_KNOWN",
            field="validFrom",
        )
    rate_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        if valid_from > (await _merged(uow, reference)).known_through + timedelta(days=1):
            raise RuleViolation(
                "The half-year before is missing; add it first.", code="RATE_GAP", field="validFrom"
            )
        await LateInterestRate.insert(
            LateInterestRate(
                tenant_id=uow.tenant_id,
                id=rate_id,
                reference=reference.value,
                valid_from=valid_from,
                rate_bps=rate_bps,
                source=said,
                member_id=actor.member_id,
                recorded_at=now,
            )
        )
    return rate_id
