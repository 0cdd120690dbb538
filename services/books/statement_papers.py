"""The statement of account as a paper: .docx by the template of `contracts`, PDF by typst; both from the same payload."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from contracts import formats
from contracts.render import render
from db.queries import clients as client_queries
from db.queries import practices as practice_queries
from db.unit_of_work import read_only
from services import documents
from services.actor import MEMBERS, Actor
from services.gateways import typesetting
from services.reports.statements import (
    StatementLine,
    StatementSection,
    check_span,
    read_statement,
)
from services.rules.errors import InvalidInput

Form = Literal["pdf", "docx"]
Locale = Literal["en", "da"]

_SOURCE: Final = Path(__file__).parent / "statement.typ"
_KINDS: Final = {
    "invoice": "invoice", "payment": "payment", "drawdown": "drawdown", "credit_note": "credit_note",
    "credit_application": "credit_application", "write_off": "write_off", "retention_release": "retention_release",
    "late_charge": "late_charge", "late_charge_payment": "payment", "kill_fee": "kill_fee", "kill_fee_payment": "payment",
    "kill_fee_offset": "drawdown", "refund": "refund", "opening_invoice": "opening", "opening_payment": "payment",
    "payment_reversal": "reversal",
}  # fmt: skip
"""Kinds of entries as the papers call them; every other prints its own description."""

_WORDS: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "title": "Statement of account", "page": "Page", "facts": ("Date", "From", "To", "You owe"), "account": "Account in",
        "columns": ("Date", "What", "Amount", "Balance"), "overdue": ("Overdue", "Due", "Days", "Open"),
        "opening": "Opening balance", "closing": "Closing balance", "overdue_total": "Overdue in all",
        "held": "We hold for you in prepayments: {}. This is yours until the work it pays for is done.",
        "pay": "Please pay what is due to account {}.",
        "nothing": "Nothing moved in this time, and nothing is owed.",
        "wrong": "If a line is not as you expected, please tell us and name the line.",
        "kinds": {
            "invoice": "Invoice", "payment": "Payment received", "drawdown": "Paid from the prepayment", "credit_note": "Credit note",
            "credit_application": "Credit used", "write_off": "Written off", "retention_release": "Retained amount falls due",
            "late_charge": "Charge for late payment", "kill_fee": "Cancellation charge", "refund": "Refunded to you",
            "opening": "Brought forward", "reversal": "Entry taken back",
        },
    },
    "da": {
        "title": "Kontoudtog", "page": "Side", "facts": ("Dato", "Fra", "Til", "I skylder"), "account": "Konto i",
        "columns": ("Dato", "Tekst", "Beløb", "Saldo"), "overdue": ("Forfaldent", "Forfald", "Dage", "Rest"),
        "opening": "Saldo ved periodens start", "closing": "Saldo ved periodens slutning", "overdue_total": "Forfaldent i alt",
        "held": "Vi har forudbetalinger fra jer på: {}. Beløbet er jeres, til arbejdet, det betaler for, er udført.",
        "pay": "Forfaldne beløb bedes betalt til konto {}.",
        "nothing": "Der er ingen bevægelser i perioden og intet at betale.",
        "wrong": "Er en linje ikke, som I havde ventet, bedes I sige til og nævne linjen.",
        "kinds": {
            "invoice": "Faktura", "payment": "Indbetaling", "drawdown": "Betalt af forudbetaling", "credit_note": "Kreditnota",
            "credit_application": "Tilgodehavende anvendt", "write_off": "Afskrevet", "retention_release": "Tilbageholdt beløb forfalder",
            "late_charge": "Gebyr og renter ved forsinkelse", "kill_fee": "Afbestillingsgebyr", "refund": "Tilbagebetalt til jer",
            "opening": "Overført fra tidligere", "reversal": "Postering tilbageført",
        },
    },
}  # fmt: skip


async def statement_paper(
    actor: Actor,
    client_id: UUID,
    *,
    form: Form,
    from_date: date,
    to_date: date,
    known_at: datetime | None = None,
    locale: str | None = None,
) -> bytes:
    """The statement as a file, in the client's language unless another is asked for. The same books give the same bytes.

    Raises `Forbidden`, `NotFound`, `InvalidInput` (LOCALE, PERIOD_INVALID, DATE_OUT_OF_RANGE).
    """
    actor.require(*MEMBERS)
    check_span(from_date, to_date)
    if locale not in (None, *_WORDS):
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
    async with read_only(actor.scope()) as uow:
        statement = await read_statement(
            uow, client_id, from_date=from_date, to_date=to_date, known_at=known_at
        )
        client = await client_queries.client_by_id(uow, client_id)
        practice = await practice_queries.practice(uow)
        assert client is not None
        assert practice is not None
        payload = {
            "document": {
                "number": to_date.isoformat(),
                "version": 1,
                "issued_on": to_date.isoformat(),
            },
            "practice": await documents.practice_party(uow),
            "client": await documents.client_party(uow, client_id),
            "from_date": from_date.isoformat(),
            "to_date": to_date.isoformat(),
            "sections": [_section(each) for each in statement.sections if _is_shown(each)],
            "account": {"account": practice["bank_account"]} if practice["bank_account"] else None,
        }
        language: Locale = "da" if (locale or client["locale"]) == "da" else "en"
    if form == "docx":
        rendered = await asyncio.to_thread(render, "statement_of_account", language, payload)
        return rendered.content
    return await asyncio.to_thread(statement_pdf, payload, language)


def _is_shown(section: StatementSection) -> bool:
    return bool(
        section.opening_minor or section.lines or section.closing_minor or section.held_minor
    )


def _section(section: StatementSection) -> dict[str, Any]:
    currency = section.currency

    def money(amount_minor: int) -> dict[str, Any]:
        return {"amount_minor": amount_minor, "currency": currency}

    return {
        "currency": currency,
        "opening": money(section.opening_minor),
        "lines": [
            {
                "on": line.effective_date.isoformat(),
                "kind": _kind(line),
                "number": ", ".join(line.documents),
                "text": line.description,
                "amount": money(line.amount_minor),
                "balance": money(line.balance_minor),
            }
            for line in section.lines
        ],
        "closing": money(section.closing_minor),
        "overdue": [
            {
                "number": each.number,
                "due_on": each.part.due_on.isoformat(),
                "days": each.part.overdue_days,
                "open": money(each.part.open_minor),
            }
            for each in section.overdue
        ],
        "overdue_total": money(section.overdue_minor),
        "held": money(section.held_minor) if section.held_minor else None,
    }


def _kind(line: StatementLine) -> str:
    return "reversal" if line.is_reversal else _KINDS.get(line.kind, "other")


def statement_pdf(payload: dict[str, Any], locale: Locale) -> bytes:
    """The PDF of a payload of `contracts`' statement of account."""
    words = _WORDS[locale]

    def day(text: str) -> str:
        return formats.short_date(text, locale)

    def money(value: dict[str, Any]) -> str:
        return formats.money(value, locale)

    def party(value: dict[str, Any]) -> str:
        named = " · ".join(each for each in (value["name"], value.get("registration")) if each)
        return "\n".join((named, *value["address_lines"]))

    def row(line: dict[str, Any]) -> list[str]:
        text = words["kinds"].get(line["kind"], line["text"])
        return [
            day(line["on"]),
            f"{text} {line['number']}".strip(),
            formats.signed_money(line["amount"], locale),
            money(line["balance"]),
        ]

    sections = [
        {
            "title": f"{words['account']} {section['currency']}",
            "lines": [
                [day(payload["from_date"]), words["opening"], "", money(section["opening"])],
                *(row(line) for line in section["lines"]),
            ],
            "closing": [day(payload["to_date"]), words["closing"], "", money(section["closing"])],
            "overdue": [
                [each["number"], day(each["due_on"]), str(each["days"]), money(each["open"])]
                for each in section["overdue"]
            ],
            "overdue_total": [words["overdue_total"], "", "", money(section["overdue_total"])],
            "held": words["held"].format(money(section["held"])) if section["held"] else "",
        }
        for section in payload["sections"]
    ]
    on, issuer, receiver, owed = words["facts"]
    account = payload.get("account")
    issued = date.fromisoformat(payload["document"]["issued_on"])
    return typesetting.pdf(
        _SOURCE,
        {
            "lang": locale,
            "title": words["title"],
            "page": words["page"],
            "practice": payload["practice"]["name"],
            "issued": [issued.year, issued.month, issued.day],
            "period": f"{day(payload['from_date'])} – {day(payload['to_date'])}",
            "facts": [
                [on, formats.date(payload["document"]["issued_on"], locale)],
                [issuer, party(payload["practice"])],
                [receiver, party(payload["client"])],
                *([owed, money(section["closing"])] for section in payload["sections"]),
            ],
            "columns": words["columns"],
            "overdue_columns": words["overdue"],
            "sections": sections,
            "closing_words": [
                *([] if sections else [words["nothing"]]),
                *([words["pay"].format(account["account"])] if account else []),
                words["wrong"],
            ],
        },
        issued_on=issued,
    )
