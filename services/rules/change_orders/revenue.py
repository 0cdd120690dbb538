"""How a change order counts as revenue: a suggestion by IFRS 15, paragraphs 20 and 21, with its reasons.

Paragraph 20: a modification is a contract of its own if it adds goods or services that are distinct, at their stand-alone
selling prices. Otherwise paragraph 21: what remains is accounted for as a new contract if it is distinct from what was
transferred (a, prospective), and as part of the old one if it is not (b, cumulative catch-up). Whether something is distinct is
a judgement that no program can make; this reads the signs of it from the scope, says which, and leaves the decision to people.

Signs. An added task is taken for distinct if it has a deliverable of its own and no task of the old scope waits for it. Its
price is taken for its stand-alone price if it has one of its own and the order changes the price of nothing else. What is
changed is taken for part of what was transferred if work on it has begun and it is not accepted yet.
"""

from collections.abc import Collection
from dataclasses import dataclass

from services.rules.change_orders.life import RevenueClass
from services.rules.scope import ItemKind, Scope, ScopeItem, diff, item_fee


@dataclass(frozen=True, slots=True)
class RevenueSuggestion:
    """A class, the paragraph of IFRS 15 it follows from, and why in a sentence."""

    revenue_class: RevenueClass
    paragraph: str
    explanation: str


def suggest_revenue_class(
    base: Scope, after: Scope, *, begun_keys: Collection[str] = frozenset()
) -> RevenueSuggestion:
    """The class that the difference of two scopes suggests. `begun_keys`: items begun and not accepted yet."""
    found = diff(base, after)
    added = [item for item in found.added if item.kind is ItemKind.TASK]
    old = {item.item_key: item for item in base.items}
    new = {item.item_key: item for item in after.items}
    touched = [key for key in (each.item_key for each in found.changed) if _is_leaf(old, key)]
    removed = [item.item_key for item in found.removed if item.kind is not ItemKind.SUMMARY]
    repriced = [key for key in touched if item_fee(old[key]) != item_fee(new[key])]
    in_work = sorted({*touched, *removed}.intersection(begun_keys))
    if in_work:
        return RevenueSuggestion(
            RevenueClass.CATCH_UP,
            "21(b)",
            f"It changes work that has begun and is not accepted yet ({_list(in_work)}): what remains of that is not distinct "
            "from what was transferred.",
        )
    waiting = {
        link.predecessor_key for link in after.dependencies if _is_task(old, link.successor_key)
    }
    own = [item for item in added if item.deliverable and item.item_key not in waiting]
    if added and len(own) == len(added) and not repriced and not removed:
        unpriced = [item.item_key for item in added if item_fee(item) <= 0]
        if not unpriced:
            return RevenueSuggestion(
                RevenueClass.SEPARATE_CONTRACT,
                "20",
                f"It adds work with deliverables of its own ({_list([item.item_key for item in added])}) that no agreed work "
                "waits for, at prices of their own, and changes no other price.",
            )
        return RevenueSuggestion(
            RevenueClass.PROSPECTIVE,
            "21(a)",
            f"What it adds is distinct, but {_list(unpriced)} has no price of its own.",
        )
    tied = sorted(item.item_key for item in added if item not in own)
    reason = (
        f"{_list(tied)} has no deliverable of its own, or agreed work waits for it"
        if tied
        else "it changes or takes out agreed work"
    )
    return RevenueSuggestion(
        RevenueClass.PROSPECTIVE,
        "21(a)",
        f"It is no contract of its own, because {reason}; no work that it touches has begun, so what remains is distinct from "
        "what was transferred.",
    )


def _is_leaf(items: dict[str, ScopeItem], key: str) -> bool:
    return key in items and items[key].kind is not ItemKind.SUMMARY


def _is_task(items: dict[str, ScopeItem], key: str) -> bool:
    return key in items and items[key].kind is ItemKind.TASK


def _list(keys: list[str]) -> str:
    shown = ", ".join(keys[:5])
    return shown if len(keys) <= 5 else f"{shown} and {len(keys) - 5} more"
