"""The end of a contract: by notice or for breach, never mixed, and only as the clause says."""

from datetime import date

import pytest

from services import terminations
from services.engagements import ContractClauses
from services.practices import system_actor
from services.rules.errors import DomainError
from tests.factories.engagements import engagement_row
from tests.factories.money import MARCH, a_billable_engagement, noon

pytestmark = pytest.mark.usefixtures("database")

CLAUSES = ContractClauses(termination_notice_days=30, termination_cure_days=10)


async def code_of(doing) -> str:
    """The code of the refusal."""
    with pytest.raises(DomainError) as refusal:
        await doing
    return refusal.value.code


async def notice(case, who=None):
    """The client's notice of 3 March."""
    return await terminations.give_notice(
        who or case.actor, case.engagement_id, party="client", reason="Plans changed.",
        given_on=MARCH[3], today=MARCH[4], now=noon(MARCH[4]),
    )  # fmt: skip


async def test_a_contract_ends_after_the_days_of_its_notice() -> None:
    case = await a_billable_engagement(clauses=CLAUSES)
    assert await code_of(notice(case, case.people.staff)) == "FORBIDDEN"
    await notice(case)
    assert await code_of(notice(case)) == "TERMINATION_OPEN"
    actor = system_actor(case.actor.tenant_id)
    # 30 days after 3 March is 2 April, a last day of work.
    assert await terminations.sweep_terminations(actor, noon(date(2026, 4, 2))) == 0
    assert (await engagement_row(case))["status"] == "active"
    assert await terminations.sweep_terminations(actor, noon(date(2026, 4, 3))) == 1
    assert (await engagement_row(case))["status"] == "terminated"
    assert await terminations.sweep_terminations(actor, noon(date(2026, 4, 3))) == 0


async def test_breach_needs_a_demand_and_its_days() -> None:
    case = await a_billable_engagement(clauses=CLAUSES)

    async def end(day: date):
        return await terminations.terminate_for_breach(
            case.actor, case.engagement_id, today=day, now=noon(day)
        )

    assert await code_of(end(MARCH[3])) == "NO_DEMAND"
    await terminations.demand_cure(
        case.actor, case.engagement_id, reason="Not paid.", today=MARCH[3], now=noon(MARCH[3])
    )
    assert await code_of(end(MARCH[13])) == "DEMAND_RUNNING"
    await terminations.withdraw_termination(
        case.actor, case.engagement_id, reason="Paid.", now=noon(MARCH[13])
    )
    assert await code_of(end(MARCH[14])) == "NO_DEMAND"
    await terminations.demand_cure(
        case.actor, case.engagement_id, reason="Again.", today=MARCH[14], now=noon(MARCH[14])
    )
    await end(MARCH[25])
    assert (await engagement_row(case))["status"] == "terminated"
    taken_back = terminations.withdraw_termination(
        case.actor, case.engagement_id, reason="No.", now=noon(MARCH[26])
    )
    assert await code_of(taken_back) == "NO_TERMINATION"


async def test_without_the_clause_nothing_is_ended() -> None:
    case = await a_billable_engagement()
    assert await code_of(notice(case)) == "TERMINATION_NOT_AGREED"
