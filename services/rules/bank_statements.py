"""What a line of a bank's statement may be: suggestions with a score from 0 to 100 and its reasons in words.

The model: evidence adds up. The number of an invoice or of a request in what the payer wrote says most, the exact amount says
much, who paid says something. A suggestion is never acted upon: a person confirms it, or turns it down and it is not made again.

    60  the number stands in the bank's reference      35  the amount is exactly what is open
    50  the number stands in the text                  30  the amounts of two or three invoices make it exactly
    20  the account paid for this client before        15  what is short is what the bank says it kept
    25  the client's name, by how alike it is           5  nothing else of the client, or of all clients, has this amount

A number given by the payer that belongs to something else of another amount still counts: people pay in parts.

What this module does not do: read files, look anything up, or decide.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from itertools import combinations
from typing import Final, Literal
from uuid import UUID

from services.rules.money import Money

SuggestionKind = Literal[
    "invoices", "request", "refund", "reversed_payment",
    "recorded_payment", "recorded_deposit", "recorded_refund",
]  # fmt: skip

MOST_SUGGESTIONS: Final = 5
LEAST_SCORE: Final = 25
_COMBINED_AT_MOST: Final = 40
"""Open invoices of one client that are combined: the oldest due, since those are paid together."""
_RECORDED_WITHIN: Final = timedelta(days=7)
_LEGAL_FORMS: Final = frozenset(
    [
        "aps",
        "as",
        "a",
        "s",
        "is",
        "ivs",
        "ltd",
        "limited",
        "plc",
        "llp",
        "llc",
        "inc",
        "corp",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "ab",
        "oy",
        "bv",
        "nv",
        "sa",
        "sarl",
        "srl",
        "spa",
        "v",
    ]
)


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line as the rule sees it. `paid_before` are the clients whose payments came from the same account."""

    amount: Money
    booked_on: date
    text: str = ""
    counterparty: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    original: Money | None = None
    charge_minor: int = 0
    paid_before: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a line may be, with the sum it would take: what an invoice owes, what a request or a refund is of, what was
    recorded. `number` is what a payer would quote."""

    kind: SuggestionKind
    id: UUID
    number: str
    client_id: UUID
    client_name: str
    amount: Money
    due_on: date


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing, or two or three invoices of one client, that the line may be. `key` names it for good."""

    kind: SuggestionKind
    candidates: tuple[Candidate, ...]
    score: int
    reasons: tuple[str, ...]

    @property
    def key(self) -> str:
        """The kind and the ids, in one order."""
        return ":".join([self.kind, *sorted(str(each.id) for each in self.candidates)])


def suggestions(
    line: BankLine, candidates: Iterable[Candidate], *, rejected: Iterable[str] = ()
) -> tuple[Suggestion, ...]:
    """The best of what the line may be, the best first; ties go to the oldest due."""
    fitting = [each for each in candidates if _may_be(line, each)]
    found = [made for each in fitting if (made := _single(line, each, fitting)) is not None]
    found += _combined(line, fitting)
    turned_down = frozenset(rejected)
    best = sorted(
        (each for each in found if each.score >= LEAST_SCORE and each.key not in turned_down),
        key=lambda each: (-each.score, len(each.candidates), each.candidates[0].due_on, each.key),
    )
    return tuple(best[:MOST_SUGGESTIONS])


def _may_be(line: BankLine, candidate: Candidate) -> bool:
    """Money in pays, money out refunds or is a payment that went back; another currency only for invoices."""
    coming_in = candidate.kind in {"invoices", "request", "recorded_payment", "recorded_deposit"}
    if (line.amount.amount_minor > 0) != coming_in:
        return False
    return candidate.amount.currency == line.amount.currency or candidate.kind == "invoices"


def _single(line: BankLine, candidate: Candidate, others: Sequence[Candidate]) -> Suggestion | None:
    paid_minor = abs(line.amount.amount_minor)
    owed_minor = candidate.amount.amount_minor
    score, reasons = _who_and_which(line, candidate)
    if candidate.amount.currency != line.amount.currency:
        if line.original != candidate.amount:
            return (
                Suggestion(candidate.kind, (candidate,), score, tuple(reasons))
                if score >= 50
                else None
            )
        score, reasons = (
            score + 35,
            [*reasons, f"the bank exchanged it from exactly {candidate.amount}"],
        )
        return Suggestion(candidate.kind, (candidate,), min(score, 100), tuple(reasons))
    if candidate.kind.startswith("recorded_") or candidate.kind in {"refund", "reversed_payment"}:
        # These are what they are: only the very sum can be it.
        if paid_minor != owed_minor:
            return None
        near = abs(line.booked_on - candidate.due_on) <= _RECORDED_WITHIN
        if candidate.kind.startswith("recorded_"):
            if not near:
                return None
            score, reasons = (
                score + 40,
                [*reasons, "it was entered for this amount around this day"],
            )
        else:
            score, reasons = score + 35, [*reasons, "the amount is exactly the same"]
    elif paid_minor == owed_minor:
        score, reasons = score + 35, [*reasons, "the amount is exactly what is open"]
    elif 0 < owed_minor - paid_minor == line.charge_minor:
        score, reasons = score + 15, [*reasons, "what is short is what the bank says it kept"]
    elif (candidate.kind == "request" and paid_minor > owed_minor) or score < 50:
        return None
    else:
        word = "less" if paid_minor < owed_minor else "more"
        reasons = [*reasons, f"the amount is {word} than what is open"]
    same = [
        each for each in others if each.kind == candidate.kind and each.amount == candidate.amount
    ]
    if paid_minor == owed_minor and len(same) == 1:
        score, reasons = score + 5, [*reasons, "nothing else has this amount"]
    return Suggestion(candidate.kind, (candidate,), min(score, 100), tuple(reasons))


def _combined(line: BankLine, candidates: Sequence[Candidate]) -> list[Suggestion]:
    """Two or three invoices of one client whose sums make the amount exactly."""
    by_client: dict[UUID, list[Candidate]] = {}
    for each in candidates:
        if each.kind == "invoices" and each.amount.currency == line.amount.currency:
            by_client.setdefault(each.client_id, []).append(each)
    found = []
    for invoices in by_client.values():
        oldest = sorted(invoices, key=lambda each: (each.due_on, each.number))[:_COMBINED_AT_MOST]
        found += [_of_several(line, chosen) for chosen in _making(line.amount.amount_minor, oldest)]
    return found


def _making(amount_minor: int, invoices: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
    """Every two and three of these whose amounts make the sum: the last of each is looked up, not searched for."""
    places: dict[int, list[int]] = {}
    for place, each in enumerate(invoices):
        places.setdefault(each.amount.amount_minor, []).append(place)
    found: list[tuple[Candidate, ...]] = []
    for size in (1, 2):
        for chosen in combinations(range(len(invoices)), size):
            rest = amount_minor - sum(invoices[place].amount.amount_minor for place in chosen)
            found += [
                tuple(invoices[each] for each in (*chosen, place))
                for place in places.get(rest, ())
                if place > chosen[-1]
            ]
    return found


def _of_several(line: BankLine, chosen: tuple[Candidate, ...]) -> Suggestion:
    evidence = [_number_evidence(line, each) for each in chosen]
    said = [reason for points, reason in evidence if points]
    # Who quotes one of them pays the others by the way: the sum is exact.
    score = 30 + max(points for points, _ in evidence)
    who, reasons = _who(line, chosen[0])
    numbers = ", ".join(each.number for each in chosen)
    return Suggestion(
        "invoices",
        chosen,
        min(score + who, 100),
        (f"{numbers} add up to exactly this amount", *said, *reasons),
    )


def _who_and_which(line: BankLine, candidate: Candidate) -> tuple[int, list[str]]:
    points, reason = _number_evidence(line, candidate)
    who, reasons = _who(line, candidate)
    return points + who, ([reason] if points else []) + reasons


def _number_evidence(line: BankLine, candidate: Candidate) -> tuple[int, str]:
    if not candidate.number:
        return 0, ""
    pattern = _pattern(candidate.number)
    for text, where in (
        (line.reference, "reference"),
        (line.end_to_end_id, "end-to-end reference"),
    ):
        if pattern.search(text):
            return 60, f"{candidate.number} stands in the {where}"
    if pattern.search(line.text):
        return 50, f"{candidate.number} stands in the text"
    return 0, ""


def _pattern(number: str) -> re.Pattern[str]:
    """The number as payers write it: with other marks or none between its parts, and not as a piece of something longer."""
    parts = [re.escape(part) for part in re.findall(r"[^\W\d_]+|\d+", number)]
    between = r"[\W_]{0,2}".join(parts)
    return re.compile(rf"(?<![^\W_]){between}(?![^\W_])", re.IGNORECASE)


def _who(line: BankLine, candidate: Candidate) -> tuple[int, list[str]]:
    points, reasons = 0, []
    if candidate.client_id in line.paid_before:
        points, reasons = 20, [f"{candidate.client_name} paid from this account before"]
    likeness = max(
        name_likeness(candidate.client_name, line.counterparty),
        _contained(candidate.client_name, line.text),
    )
    if likeness >= 70:
        points += likeness * 25 // 100
        reasons.append(f"the name is {likeness} % like {candidate.client_name}")
    return points, reasons


def name_likeness(one: str, other: str) -> int:
    """How alike two names of firms or people are, 0 to 100: words in any order, without legal forms, accents and case."""
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return 0
    if mine <= theirs or theirs <= mine:
        return 100 if mine == theirs else 90
    ratio = SequenceMatcher(
        None, " ".join(sorted(mine)), " ".join(sorted(theirs)), autojunk=False
    ).ratio()
    return int(ratio * 100)


def _contained(name: str, text: str) -> int:
    """100 where every word of the name stands in the text."""
    words = _words(name)
    return 100 if words and words <= _words(text) else 0


_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "å": "aa", "ß": "ss", "ł": "l"})


def _words(text: str) -> frozenset[str]:
    folded = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    )
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return frozenset(re.findall(r"[a-z0-9]+", plain)) - _LEGAL_FORMS
