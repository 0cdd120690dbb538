"""What the documents have in common: head, parties, money, signers, law."""

from typing import Annotated, Literal, NotRequired, TypedDict

IsoDate = Annotated[str, "date"]
"""A calendar date as ``YYYY-MM-DD``."""
CurrencyCode = Annotated[str, "currency"]
"""Three capital letters, ISO 4217."""

Locale = Literal["en", "da"]
Kind = Literal[
    "services_contract",
    "change_order",
    "policies",
    "retainer_agreement",
    "prepayment_invoice",
    "refund_memo",
    "statement_of_account",
]
Jurisdiction = Literal["DK", "SE", "NO", "DE", "NL", "IE", "GB-EAW"]
"""Whose law governs; apart from the language. ``GB-EAW`` is England and Wales (ISO 3166-2)."""


class Money(TypedDict):
    """An amount in whole minor units (øre, cents) of ``currency``; negative = to the client's credit."""

    amount_minor: int
    currency: CurrencyCode


class DocumentHead(TypedDict):
    """What the header and footer of every page carry. ``version`` counts from 1."""

    number: str
    version: int
    issued_on: IsoDate


class Party(TypedDict):
    """The practice or the client. ``registration`` is printed as given, e.g. ``CVR 41 52 63 74``."""

    name: str
    registration: NotRequired[str | None]
    address_lines: list[str]
    email: str
    phone: NotRequired[str | None]
    represented_by: NotRequired[str | None]


class Signer(TypedDict):
    """One field of the signature block."""

    party_name: str
    signer_name: str
    signer_title: NotRequired[str | None]


class BankAccount(TypedDict):
    """Where money is to be paid; every part is printed as given."""

    bank_name: NotRequired[str | None]
    account: str
    iban: NotRequired[str | None]
    bic: NotRequired[str | None]


class TaxLine(TypedDict):
    """One rate of tax. ``label`` e.g. ``VAT`` or ``moms``, as the reader knows it."""

    label: str
    rate_bps: int
    base: Money
    amount: Money


class Law(TypedDict):
    """Governing law and the court; ``venue`` is a full noun phrase (``the District Court in Aarhus``)."""

    jurisdiction: Jurisdiction
    venue: str
