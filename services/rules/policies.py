"""What a policy may say, and how its paper is put together: pure values in, plain values out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput
from services.rules.text import clean_text

CATEGORIES: Final[Mapping[str, Mapping[str, str]]] = {
    "calls": {"en": "Calls and meetings", "da": "Opkald og møder"},
    "arrival": {"en": "Arrival", "da": "Fremmøde"},
    "payment": {"en": "Payment", "da": "Betaling"},
    "changes": {"en": "Changes", "da": "Ændringer"},
    "response_times": {"en": "Response times", "da": "Svartider"},
    "conduct": {"en": "Conduct", "da": "Omgangstone"},
    "other": {"en": "Other", "da": "Øvrigt"},
}
"""The categories of rules in the order of the paper, and what it calls them."""
DOCUMENT_NUMBER = "PP"
"""The number of every policies paper; its version is the policy version's number."""


@dataclass(frozen=True)
class RuleDetails:
    """One rule in both languages. `code` such as `P-01` is what a reminder cites; `position` None puts it last."""

    code: str
    category: str
    title_en: str
    title_da: str
    text_en: str
    text_da: str
    consequence_en: str = ""
    consequence_da: str = ""
    position: int | None = None


@dataclass(frozen=True)
class DraftDetails:
    """What stands above the rules."""

    title: str
    effective_date: date
    introduction_en: str = ""
    introduction_da: str = ""


def checked_draft(details: DraftDetails) -> dict[Any, Any]:
    """The columns of a draft. Raises `InvalidInput` naming the field."""

    def introduction(text: str, field: str) -> str:
        return clean_text(text, field, max_length=4000, required=False, lines=True)

    check_plausible(details.effective_date, "effectiveDate")
    return {
        "title": clean_text(details.title, "title"),
        "effective_date": details.effective_date,
        "introduction_en": introduction(details.introduction_en, "introductionEn"),
        "introduction_da": introduction(details.introduction_da, "introductionDa"),
    }


def checked_rule(details: RuleDetails) -> dict[Any, Any]:
    """The columns of a rule, without its place. Raises `InvalidInput` naming the field."""
    if not re.fullmatch(r"[A-Z][A-Z0-9]{0,9}-[0-9]{1,4}", details.code):
        raise InvalidInput("A code looks like P-01.", code="RULE_CODE", field="code")
    if details.category not in CATEGORIES:
        raise InvalidInput(
            f"A category is one of {', '.join(CATEGORIES)}.", code="CATEGORY", field="category"
        )
    if details.position is not None and not 1 <= details.position <= 10_000:
        raise InvalidInput("A position is 1 to 10000.", code="POSITION", field="position")

    def text(value: str, field: str, *, required: bool = True) -> str:
        return clean_text(value, field, max_length=4000, required=required, lines=True)

    return {
        "code": details.code,
        "category": details.category,
        "title_en": clean_text(details.title_en, "titleEn"),
        "title_da": clean_text(details.title_da, "titleDa"),
        "text_en": text(details.text_en, "textEn"),
        "text_da": text(details.text_da, "textDa"),
        "consequence_en": text(details.consequence_en, "consequenceEn", required=False),
        "consequence_da": text(details.consequence_da, "consequenceDa", required=False),
    }


def paper(
    version: Mapping[str, Any],
    rules: Sequence[Mapping[str, Any]],
    practice: dict[str, Any],
    locale: str,
    issued_on: date,
) -> dict[str, Any]:
    """What `contracts` makes the paper of; rules by category, then by position."""
    categories = []
    for category, names in CATEGORIES.items():
        own = [rule for rule in rules if rule["category"] == category]
        if own:
            categories.append(
                {
                    "name": names[locale],
                    "rules": [
                        {
                            "code": rule["code"],
                            "title": rule[f"title_{locale}"],
                            "text": rule[f"text_{locale}"],
                            "consequence": rule[f"consequence_{locale}"] or None,
                        }
                        for rule in own
                    ],
                }
            )
    return {
        "document": {
            "number": DOCUMENT_NUMBER,
            "version": version["number"],
            "issued_on": issued_on.isoformat(),
        },
        "practice": practice,
        "effective_on": version["effective_date"].isoformat(),
        "introduction": version[f"introduction_{locale}"] or None,
        "categories": categories,
        "signatures": [],
    }
