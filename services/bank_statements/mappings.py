"""How a bank writes its CSV: kept with the account, checked when it is told, and two to start from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Final

from services.rules.errors import InvalidInput
from services.rules.text import clean_text

DELIMITERS: Final = (",", ";", "\t", "|")
DECIMAL_MARKS: Final = (",", ".")
ENCODINGS: Final = ("utf-8", "latin-1")
DATE_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "YYYY-MM-DD": "%Y-%m-%d",
        "YYYYMMDD": "%Y%m%d",
        "DD-MM-YYYY": "%d-%m-%Y",
        "DD.MM.YYYY": "%d.%m.%Y",
        "DD/MM/YYYY": "%d/%m/%Y",
        "MM/DD/YYYY": "%m/%d/%Y",
        "YYYY/MM/DD": "%Y/%m/%d",
    }
)
"""As people write it, and as strptime does. Two figures for a year are not taken: nobody can say which century."""


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Which column is what. A column is named by its heading, or, without headings, by its number from 1.

    The amount stands in one column with its sign, or in two, `credit` for what came in and `debit` for what went out.
    """

    delimiter: str = ","
    decimal_mark: str = "."
    date_format: str = "YYYY-MM-DD"
    encoding: str = "utf-8"
    has_headings: bool = True
    date: str = "date"
    amount: str = "amount"
    credit: str = ""
    debit: str = ""
    text: str = "text"
    reference: str = ""
    balance: str = ""
    counterparty: str = ""
    entry_id: str = ""
    currency: str = ""


GENERIC: Final = CsvMapping(reference="reference", balance="balance")
"""Headings in English, as spreadsheets write them."""

DANISH: Final = CsvMapping(
    delimiter=";",
    decimal_mark=",",
    date_format="DD-MM-YYYY",
    encoding="latin-1",
    date="Dato",
    amount="Beløb",
    text="Tekst",
    balance="Saldo",
)
"""What Danish banks' web banks export: semicolons, a decimal comma, Dato;Tekst;Beløb;Saldo."""

PRESETS: Final[Mapping[str, CsvMapping]] = MappingProxyType({"generic": GENERIC, "danish": DANISH})

COLUMNS: Final = (
    "date", "amount", "credit", "debit", "text", "reference", "balance", "counterparty", "entry_id", "currency",
)  # fmt: skip


def checked(mapping: CsvMapping) -> CsvMapping:
    """The mapping again, its column names cleaned. Raises InvalidInput (MAPPING_INVALID, TEXT_…) naming the field."""
    for name, allowed in (
        ("delimiter", DELIMITERS),
        ("decimal_mark", DECIMAL_MARKS),
        ("date_format", tuple(DATE_FORMATS)),
        ("encoding", ENCODINGS),
    ):
        if getattr(mapping, name) not in allowed:
            raise InvalidInput(
                f"This is none of {', '.join(map(repr, allowed))}.",
                code="MAPPING_INVALID",
                field=f"mapping.{_camel(name)}",
            )
    if mapping.delimiter == mapping.decimal_mark:
        # Quoted amounts would still be read rightly; a bank that writes them unquoted is the danger, and it exists.
        raise InvalidInput(
            "Columns and decimals are told apart by different marks.",
            code="MAPPING_INVALID",
            field="mapping.decimalMark",
        )
    columns = {
        name: clean_text(
            getattr(mapping, name), f"mapping.{_camel(name)}", max_length=100, required=False
        )
        for name in COLUMNS
    }
    if not columns["date"]:
        raise InvalidInput(
            "Which column is the date?", code="MAPPING_INVALID", field="mapping.dateColumn"
        )
    if bool(columns["amount"]) == bool(columns["credit"] or columns["debit"]):
        raise InvalidInput(
            "The amount is one column, or two for credit and debit.",
            code="MAPPING_INVALID",
            field="mapping.amountColumn",
        )
    if not mapping.has_headings:
        for name, column in columns.items():
            if column and not (column.isascii() and column.isdigit() and 1 <= int(column) <= 100):
                raise InvalidInput(
                    "Without headings a column is a number from 1 to 100.",
                    code="MAPPING_INVALID",
                    field=f"mapping.{_camel(name)}",
                )
    return CsvMapping(**{**asdict(mapping), **columns})


def stored(mapping: CsvMapping) -> dict[str, Any]:
    """As it is kept."""
    return asdict(mapping)


def restored(value: Mapping[str, Any]) -> CsvMapping:
    """From what was kept."""
    return CsvMapping(
        **{field.name: value[field.name] for field in fields(CsvMapping) if field.name in value}
    )


def _camel(name: str) -> str:
    head, *rest = (f"{name}_column" if name in COLUMNS else name).split("_")
    return head + "".join(part.capitalize() for part in rest)
