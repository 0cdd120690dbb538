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
from dataclasses import dataclass, replace

from services.rules.change_orders.life import RevenueClass
from services.rules.scope import ItemKind, Scope, ScopeDiff, item_fee


@dataclass(frozen=True, slots=True)
class RevenueSuggestion:
    """A class, the paragraph of IFRS 15 it follows from, and why in a sentence."""

    revenue_class: RevenueClass
    paragraph: str
    explanation: str


def suggest_revenue_class(
    difference: ScopeDiff, after: Scope, *, begun_keys: Collection[str] = frozenset()
) -> RevenueSuggestion:
    """The class that the way to the scope `after` suggests. `begun_keys`: items begun and not accepted yet."""
    new = {item.item_key: item for item in after.items}
    added = [item for item in difference.added if item.kind is ItemKind.TASK]
    fresh = {item.item_key for item in difference.added}
    # A summary is a heading: what is said of it is said of no work.
    changed = {
        change.item_key: replace(
            new[change.item_key], **{field.field: field.before for field in change.fields}
        )
        for change in difference.changed
        if new[change.item_key].kind is not ItemKind.SUMMARY
    }
    removed = [item.item_key for item in difference.removed if item.kind is not ItemKind.SUMMARY]
    repriced = [key for key, old in changed.items() if item_fee(old) != item_fee(new[key])]
    in_work = sorted({*changed, *removed}.intersection(begun_keys))
    if in_work:
        return RevenueSuggestion(
            RevenueClass.CATCH_UP,
            "21(b)",
            f"It changes work that has begun and is not accepted yet ({_list(in_work)}): what remains of that is not distinct "
            "from what was transferred.",
        )
    waiting = {
        link.predecessor_key
        for link in after.dependencies
        if link.successor_key not in fresh and new[link.successor_key].kind is ItemKind.TASK
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


def _list(keys: list[str]) -> str:
    shown = ", ".join(keys[:5])
    return shown if len(keys) <= 5 else f"{shown} and {len(keys) - 5} more"
