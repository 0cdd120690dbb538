"""The scope before the contract: imported, priced, and dated like the plans others recorded."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from db.unit_of_work import read_only
from services import scopes
from services.rules.errors import Forbidden, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.scope import Expectation, ExpectationKind
from services.scopes import ItemPrice
from tests.factories.engagements import (
    NOW,
    SMALL_PLAN,
    a_scoped_engagement,
    a_sent_contract,
    a_signed_engagement,
    an_engagement,
    current_scope,
    engagement_row,
)
from tests.factories.practices import a_practice

pytestmark = pytest.mark.usefixtures("database")

REAL_PLAN = (Path(__file__).parent.parent / "data" / "plan_new_product.json").read_text()
EXPECTED = json.loads(REAL_PLAN)["expected"]


async def draft(case) -> tuple:
    async with read_only(case.actor.scope()) as uow:
        return await scopes.draft_scope(uow, case.engagement_id)


async def import_text(case, text: str, *, file_format="json", expected_version=1, actor=None):
    return await scopes.import_scope(
        actor or case.actor,
        case.engagement_id,
        text=text,
        file_format=file_format,
        expected_version=expected_version,
        now=NOW,
    )


async def test_the_real_plan_gets_the_dates_that_microsoft_project_stored() -> None:
    case = await an_engagement()
    preview = await scopes.preview_import(
        case.actor, case.engagement_id, text=REAL_PLAN, file_format="json"
    )
    assert preview.problems == ()
    assert preview.schedule is not None
    assert len(preview.schedule.items) == 42
    for key, want in EXPECTED.items():
        got = preview.schedule.items[key]
        assert got.start_date.isoformat() == want["start"][:10], key
        assert got.finish_date.isoformat() == want["finish"][:10], key
        assert (got.early_start, got.early_finish) == (want["es"], want["ef"]), key
        if "ls" in want:
            assert (got.late_start, got.late_finish) == (want["ls"], want["lf"]), key
            assert (got.total_float_days, got.free_float_days) == (want["tf"], want["ff"]), key
            assert got.critical is want["critical"], key


async def test_an_import_makes_the_files_start_and_calendar_the_engagements() -> None:
    case = await an_engagement()
    await import_text(case, REAL_PLAN)
    row = await engagement_row(case)
    assert (row["start_date"], row["country"], row["weekend"]) == (date(2004, 7, 19), None, [5, 6])
    scope, stored = await draft(case)
    assert (len(scope.items), stored["version"]) == (42, 2)
    assert {item.tax_bps for item in scope.items} == {2500}


async def test_a_preview_stores_nothing() -> None:
    case = await an_engagement()
    await scopes.preview_import(case.actor, case.engagement_id, text=REAL_PLAN, file_format="json")
    scope, stored = await draft(case)
    assert (scope.items, stored["version"]) == ((), 1)


async def test_a_plan_that_is_silent_on_dates_takes_the_engagements_danish_calendar() -> None:
    case = await an_engagement(start_date=date(2026, 3, 30))
    plan = {"items": [{"id": "a", "duration_days": 5, "fee": "1.00"}]}
    preview = await scopes.preview_import(
        case.actor, case.engagement_id, text=json.dumps(plan), file_format="json"
    )
    assert preview.schedule is not None
    # Maundy Thursday 2 April, Good Friday and Easter Monday are off: Mon, Tue, Wed, then Tue 7 and Wed 8 April.
    assert preview.schedule.finish_date == date(2026, 4, 8)


async def test_every_problem_of_a_file_is_named_and_nothing_is_stored() -> None:
    case = await a_scoped_engagement()
    text = "item_key,duration_days,fee,predecessors\na,5,1.234,\nb,-1,10,z\nb,1,10,\n"
    with pytest.raises(InvalidInput) as refused:
        await import_text(case, text, file_format="csv", expected_version=2)
    assert refused.value.code == "IMPORT_INVALID"
    assert refused.value.message == (
        "The file cannot be imported: line 2, item a, fee: DKK has 2 decimals, not 3. (and 3 more)"
    )
    named = [
        (each.line, each.item_key, each.field, each.code)
        for each in refused.value.details["problems"]
    ]
    assert named == [
        (2, "a", "fee", "AMOUNT_TOO_PRECISE"),
        (3, "b", "duration_days", "DURATION_INVALID"),
        (4, "b", "key", "KEY_TWICE"),
        (3, "b", "predecessors", "ITEM_UNKNOWN"),
    ]
    scope, stored = await draft(case)
    assert (len(scope.items), stored["version"]) == (4, 2)


async def test_a_circle_is_refused_with_the_items_that_form_it() -> None:
    case = await an_engagement()
    plan = {
        "items": [{"id": key, "duration_days": 1} for key in "abc"],
        "dependencies": [
            {"from": "a", "to": "b"},
            {"from": "b", "to": "c"},
            {"from": "c", "to": "a"},
        ],
    }
    with pytest.raises(InvalidInput) as refused:
        await import_text(case, json.dumps(plan))
    assert "a → b → c → a" in refused.value.message


async def test_fees_are_put_on_leaves() -> None:
    case = await an_engagement()
    await import_text(case, REAL_PLAN)
    await scopes.price_items(
        case.actor,
        case.engagement_id,
        [
            ItemPrice("3", fee_minor=1_000_000, title="Market study", deliverable="A report"),
            ItemPrice("4", rate_minor=90_000, quantity=Decimal("12.5"), unit="hours"),
        ],
        expected_version=2,
        now=NOW,
    )
    scope, stored = await draft(case)
    items = {item.item_key: item for item in scope.items}
    assert (items["3"].fee_minor, items["3"].title, items["3"].deliverable) == (
        1_000_000,
        "Market study",
        "A report",
    )
    assert items["4"].quantity == Decimal("12.5")
    assert stored["version"] == 3
    state = scopes.compute_state(scope, scopes.terms_of_engagement(await engagement_row(case)))
    assert state.budget.fee_minor == 1_000_000 + 1_125_000
    assert state.budget.tax_minor == 531_250


async def test_a_fee_on_a_summary_or_an_unknown_item_is_refused_whole() -> None:
    case = await a_scoped_engagement()
    for price, code, field in (
        (ItemPrice("site", fee_minor=1), "SCOPE_INVALID", None),
        (ItemPrice("nowhere", fee_minor=1), "ITEM_NOT_FOUND", "items.1.key"),
        (ItemPrice("build", fee_minor=-1), "SCOPE_INVALID", None),
    ):
        with pytest.raises((InvalidInput, NotFound)) as refused:
            await scopes.price_items(
                case.actor,
                case.engagement_id,
                [ItemPrice("design", fee_minor=7), price],
                expected_version=2,
                now=NOW,
            )
        assert refused.value.code == code
        assert field is None or refused.value.field == field
    scope, stored = await draft(case)
    assert (scope.items[1].fee_minor, stored["version"]) == (4_000_000, 2)


async def test_expectations_stay_through_an_import() -> None:
    case = await a_scoped_engagement()
    register = [
        Expectation(ExpectationKind.EXCLUSION, "Photographs"),
        Expectation(ExpectationKind.NO_GUARANTEE, "Rank in search engines"),
    ]
    await scopes.set_expectations(
        case.actor, case.engagement_id, register, expected_version=2, now=NOW
    )
    await import_text(case, json.dumps(SMALL_PLAN), expected_version=3)
    scope, _ = await draft(case)
    assert scope.expectations == tuple(register)


async def test_a_stale_draft_names_the_current_version_and_changes_nothing() -> None:
    case = await a_scoped_engagement()
    with pytest.raises(Stale) as refused:
        await import_text(case, REAL_PLAN, expected_version=1)
    assert (refused.value.code, refused.value.details["current_version"]) == ("STALE_VERSION", 2)
    scope, _ = await draft(case)
    assert len(scope.items) == 4


async def test_the_draft_is_fixed_once_the_contract_is_out() -> None:
    for case in (await a_sent_contract(), await a_signed_engagement()):
        with pytest.raises(RuleViolation) as refused:
            await import_text(case, REAL_PLAN, expected_version=2)
        assert refused.value.code == "TERMS_FIXED"


async def test_an_accountant_changes_nothing_and_another_practice_finds_nothing() -> None:
    case = await a_scoped_engagement()
    with pytest.raises(Forbidden):
        await import_text(case, REAL_PLAN, expected_version=2, actor=case.people.accountant)
    stranger = (await a_practice()).owner
    for engagement_id in (case.engagement_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await scopes.preview_import(stranger, engagement_id, text=REAL_PLAN, file_format="json")
        assert refused.value.message == "No engagement with this id."
        with pytest.raises(NotFound):
            await scopes.price_items(
                stranger, engagement_id, [ItemPrice("a")], expected_version=2, now=NOW
            )


async def test_a_version_reads_back_equal_to_what_was_written() -> None:
    case = await an_engagement()
    await import_text(case, REAL_PLAN)
    engagement = await engagement_row(case)
    scope, _ = await draft(case)
    assert engagement["current_scope_version_id"] is None
    signed = await a_signed_engagement()
    version = await current_scope(signed)
    async with read_only(signed.actor.scope()) as uow:
        loaded = await scopes.load_scope(uow, version)
    written, _ = await draft(signed)
    assert {item.item_key: item for item in loaded.items} == {
        item.item_key: item for item in written.items
    }
    assert loaded.dependencies == written.dependencies
    assert len(scope.items) == 42
