"""Who signs what, when signers are reminded, and how a change counts as revenue."""

from datetime import date

import pytest

from services.rules.change_orders import (
    ONE_SIGNER,
    ApprovalTier,
    ChangeClause,
    check_sender,
    check_signers,
    reminder_due_on,
    suggest_revenue_class,
    tier_for,
)
from services.rules.errors import Forbidden, InvalidInput, RuleViolation
from services.rules.scope import (
    AddDependency,
    AddItem,
    Dependency,
    ItemKind,
    RemoveItem,
    ReviseItem,
    Scope,
    ScopeItem,
    apply_changes,
    diff,
)

SPONSOR = frozenset({"sponsor"})
TIERS = (
    ApprovalTier(1_000_000, signers=1, is_owner_needed=True),
    ApprovalTier(5_000_000, signers=2),
    ApprovalTier(10_000_000, signers=2, roles=SPONSOR, is_owner_needed=True),
)


@pytest.mark.parametrize(
    ("change_minor", "expected"),
    [
        (0, ONE_SIGNER),
        (999_999, ONE_SIGNER),
        (1_000_000, TIERS[0]),
        (-1_000_000, TIERS[0]),
        (4_999_999, TIERS[0]),
        (5_000_000, TIERS[1]),
        (-9_999_999, TIERS[1]),
        (10_000_000, TIERS[2]),
        (10**12, TIERS[2]),
    ],
)
def test_the_highest_tier_that_the_size_of_the_change_reaches_decides(
    change_minor, expected
) -> None:
    assert tier_for(TIERS, change_minor) == expected
    assert tier_for(tuple(reversed(TIERS)), change_minor) == expected


def test_without_tiers_one_signer_is_enough_for_any_amount() -> None:
    tier = tier_for((), 10**12)
    assert tier == ApprovalTier(0, 1, frozenset(), is_owner_needed=False)
    check_signers(tier, [{"signer"}])


def test_too_few_signers_are_refused_with_how_many_it_takes() -> None:
    check_signers(TIERS[1], [{"signer"}, {"signer"}])
    with pytest.raises(RuleViolation) as refused:
        check_signers(TIERS[1], [{"signer"}])
    assert refused.value.code == "APPROVAL_NEEDS_MORE_SIGNERS"
    assert (refused.value.details["needed"], refused.value.details["found"]) == (2, 1)
    assert (
        refused.value.message
        == "A change of this amount is signed by 2 people for the client; 1 would sign."
    )


def test_a_role_that_nobody_among_the_signers_holds_is_named() -> None:
    check_signers(TIERS[2], [{"signer"}, {"signer", "sponsor"}])
    with pytest.raises(RuleViolation) as refused:
        check_signers(TIERS[2], [{"signer"}, {"signer", "billing"}])
    assert (refused.value.code, refused.value.details["roles"]) == (
        "APPROVAL_NEEDS_ROLE",
        ["sponsor"],
    )


def test_what_is_kept_for_the_owner_nobody_else_sends() -> None:
    check_sender(TIERS[0], is_owner=True)
    check_sender(TIERS[1], is_owner=False)
    with pytest.raises(Forbidden) as refused:
        check_sender(TIERS[0], is_owner=False)
    assert refused.value.code == "APPROVAL_NEEDS_OWNER"


@pytest.mark.parametrize(
    ("tiers", "field"),
    [
        ((ApprovalTier(-1),), "0.from_amount"),
        ((ApprovalTier(0, signers=0),), "0.signers"),
        ((ApprovalTier(0, signers=11),), "0.signers"),
        ((ApprovalTier(5), ApprovalTier(5)), "1.from_amount"),
        ((ApprovalTier(5), ApprovalTier(4)), "1.from_amount"),
        ((ApprovalTier(5, signers=3), ApprovalTier(6, signers=2)), "1.signers"),
    ],
)
def test_tiers_that_cannot_be_kept_are_refused_by_their_place(tiers, field) -> None:
    with pytest.raises(InvalidInput) as refused:
        ChangeClause(approval_tiers=tiers)
    assert refused.value.code == "APPROVAL_TIERS_INVALID"
    assert refused.value.field == f"change_clause.approval_tiers.{field}"


def test_there_are_at_most_ten_tiers() -> None:
    ChangeClause(approval_tiers=tuple(ApprovalTier(n) for n in range(10)))
    with pytest.raises(InvalidInput):
        ChangeClause(approval_tiers=tuple(ApprovalTier(n) for n in range(11)))


@pytest.mark.parametrize(
    ("offer_days", "reminder_days", "expected"),
    [
        (14, 3, date(2026, 3, 13)),
        (14, 1, date(2026, 3, 15)),
        (14, 0, None),
        (4, 3, date(2026, 3, 3)),
        (3, 3, None),
        (2, 3, None),
    ],
)
def test_signers_are_reminded_some_days_before_the_offer_ends(
    offer_days, reminder_days, expected
) -> None:
    clause = ChangeClause(offer_days=offer_days, reminder_days=reminder_days)
    assert reminder_due_on(clause, date(2026, 3, 2)) == expected


# --- revenue ------------------------------------------------------------------------------------------------------------


BASE = Scope(
    (
        ScopeItem("site", "Site", kind=ItemKind.SUMMARY),
        ScopeItem("design", "Design", parent_key="site", fee_minor=4_000_000, duration_days=5, deliverable="Drawings"),
        ScopeItem("build", "Build", parent_key="site", fee_minor=6_000_000, duration_days=10, deliverable="A site"),
        ScopeItem("launch", "Launch", kind=ItemKind.MILESTONE),
    ),
    (Dependency("design", "build"), Dependency("build", "launch")),
)  # fmt: skip
SHOP = ScopeItem("shop", "Shop", fee_minor=2_500_000, duration_days=3, deliverable="A shop")


def suggested(after: Scope, begun):
    return suggest_revenue_class(diff(BASE, after), after, begun_keys=begun)


REVENUE = {
    "distinct work at a price of its own": (
        [AddItem(SHOP), AddDependency(Dependency("build", "shop"))], (), "separate_contract", "20"),
    "the hand-over waits for it, which is no work": (
        [AddItem(SHOP), AddDependency(Dependency("shop", "launch"))], (), "separate_contract", "20"),
    "without a price of its own": (
        [AddItem(ScopeItem("gift", "Gift", duration_days=1, deliverable="A gift"))], (), "prospective", "21(a)"),
    "agreed work waits for it": (
        [AddItem(SHOP), AddDependency(Dependency("shop", "build"))], (), "prospective", "21(a)"),
    "without a deliverable of its own": (
        [AddItem(ScopeItem("talk", "Talk", fee_minor=100, duration_days=1))], (), "prospective", "21(a)"),
    "with another price changed": (
        [AddItem(SHOP), ReviseItem("build", {"fee_minor": 5_500_000})], (), "prospective", "21(a)"),
    "work not begun is dearer": (
        [ReviseItem("build", {"fee_minor": 7_000_000})], (), "prospective", "21(a)"),
    "work taken out": ([RemoveItem("design")], (), "prospective", "21(a)"),
    "begun work is dearer": (
        [ReviseItem("design", {"fee_minor": 4_400_000})], ("design",), "catch_up", "21(b)"),
    "begun work taken out beside new work": (
        [AddItem(SHOP), RemoveItem("design")], ("design",), "catch_up", "21(b)"),
    "other work has begun": ([AddItem(SHOP)], ("design",), "separate_contract", "20"),
}  # fmt: skip


@pytest.mark.parametrize("name", REVENUE)
def test_a_class_of_revenue_is_suggested_with_its_paragraph_and_the_signs_for_it(name) -> None:
    changes, begun, revenue_class, paragraph = REVENUE[name]
    found = suggested(apply_changes(BASE, changes), begun)
    assert (found.revenue_class.value, found.paragraph) == (revenue_class, paragraph)
    assert found.explanation.endswith(".")


def test_the_explanation_names_the_items() -> None:
    after = apply_changes(BASE, [ReviseItem("design", {"title": "Drawings"})])
    assert suggested(after, ["design"]).explanation == (
        "It changes work that has begun and is not accepted yet (design): what remains of that is not distinct from what was "
        "transferred."
    )
