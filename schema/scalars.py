"""The scalars of the schema, and money.

Strict in what comes in, canonical in what goes out. Strawberry's own `Decimal` reads literals through float and takes NaN,
and its `DateTime` takes values without an offset; both are replaced here. A domain file just annotates with the Python type:
`decimal.Decimal`, `datetime.datetime`, `datetime.date` and `Currency`; `SCALARS` maps them when the schema is built.

Nothing is rounded, guessed or trimmed on its way in: a value is taken exactly as it is written, or refused.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, NewType, Self

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from services.rules import money as rules

MAX_DECIMAL_DIGITS: Final = 28
"""Digits a Decimal may have in all, before and after the point: what Python's default context holds without rounding."""

Currency = NewType("Currency", str)
"""An ISO 4217 alphabetic code that money can be held in, such as DKK."""

# A JSON number without an exponent. [0-9] and not \d, which also takes Arabic-Indic and other digits.
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _decimal_from_text(text: str) -> Decimal:
    if len(text) > MAX_DECIMAL_DIGITS + 2 or not _DECIMAL.fullmatch(text):
        raise GraphQLError(
            f"Decimal takes plain digits such as 1234.50, at most {MAX_DECIMAL_DIGITS} of them, without an exponent."
        )
    value = Decimal(text)
    if len(value.as_tuple().digits) > MAX_DECIMAL_DIGITS:
        raise GraphQLError(f"Decimal takes at most {MAX_DECIMAL_DIGITS} digits.")
    # abs() keeps the exponent, so 0.00 keeps its decimals; only a minus before zero is dropped.
    return value.copy_abs() if value.is_zero() else value


def parse_decimal(value: object) -> Decimal:
    """Read a Decimal from a variable: a string or a whole number. A float has already lost what was written."""
    # bool is an int to Python, but never an amount.
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and abs(value) < 10**MAX_DECIMAL_DIGITS
    ):
        return Decimal(value)
    if isinstance(value, str):
        return _decimal_from_text(value)
    raise GraphQLError('Decimal is written as a string, as in "1234.50"; a float is never taken.')


def _decimal_from_literal(node: ValueNode, variables: object = None) -> Decimal:
    if isinstance(node, IntValueNode | StringValueNode):
        return _decimal_from_text(node.value)
    raise GraphQLError(
        'Decimal is written as a string, as in "1234.50"; a float is never taken.', nodes=node
    )


def serialize_decimal(value: object) -> str:
    """Write a Decimal as a plain string, every digit as stored. A float or a NaN here is a bug."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TypeError(f"not a finite Decimal: {value!r}")
    return format(value, "f")


def parse_currency(value: object) -> Currency:
    """Read a currency code; lower case and unknown codes are refused."""
    if isinstance(value, str) and value in rules.MINOR_UNITS:
        return Currency(value)
    raise GraphQLError("Currency is an ISO 4217 code in capitals, such as DKK.")


def serialize_currency(value: object) -> str:
    """Write a currency code. An unknown one here is a bug."""
    if not isinstance(value, str) or value not in rules.MINOR_UNITS:
        raise TypeError(f"not a currency: {value!r}")
    return value


def parse_instant(value: object) -> datetime:
    """Read an RFC 3339 instant with its offset; the result is aware and in UTC."""
    if isinstance(value, str) and len(value) <= 40 and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(
        'DateTime is an RFC 3339 instant with an offset, as in "2026-11-02T09:30:00Z".'
    )


def serialize_instant(value: object) -> str:
    """Write an instant in UTC with a Z. A naive one here is a bug: nobody knows when it is."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise TypeError(f"not an aware datetime: {value!r}")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_date(value: object) -> date:
    """Read a calendar date, YYYY-MM-DD and nothing else."""
    if isinstance(value, str) and len(value) == 10 and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError('Date is a calendar date, as in "2026-11-02".')


def serialize_date(value: object) -> str:
    """Write a calendar date. A datetime here is a bug: its date depends on a time zone nobody named."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"not a date: {value!r}")
    return value.isoformat()


SCALARS: Final[dict[object, ScalarDefinition]] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            'An exact decimal number, sent as a string such as `"1234.50"`. Taken as a string or a whole number of at most '
            f"{MAX_DECIMAL_DIGITS} digits; floats, exponents, NaN and infinities are refused. Never rounded."
        ),
        serialize=serialize_decimal,
        parse_value=parse_decimal,
        parse_literal=_decimal_from_literal,
    ),
    Currency: strawberry.scalar(
        name="Currency",
        description="An ISO 4217 alphabetic currency code, such as `DKK`.",
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=serialize_currency,
        parse_value=parse_currency,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in RFC 3339. Taken with any offset, always sent in UTC with a `Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=serialize_instant,
        parse_value=parse_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date without a time zone, `YYYY-MM-DD`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=serialize_date,
        parse_value=parse_date,
    ),
}
"""What the schema is built with: Python type to scalar."""


@strawberry.type(description="An exact amount of money in one currency.")
class Money:
    """Money as it leaves: the amount in major units with exactly the decimals of its currency."""

    amount: Decimal = strawberry.field(
        description="In major units, with all decimals of the currency: `12.50` DKK, `12` JPY, `1.234` BHD."
    )
    currency: Currency = strawberry.field(description="The ISO 4217 code.")

    @classmethod
    def of(cls, money: rules.Money) -> Self:
        """The rules' money as the schema's."""
        return cls(amount=Decimal(rules.format_amount(money)), currency=Currency(money.currency))


@strawberry.input(description="An exact amount of money in one currency.")
class MoneyInput:
    """Money as it arrives; turn it into the rules' money with `to_money` before it goes any further."""

    amount: Decimal = strawberry.field(
        description="In major units, with no more decimals than the currency has."
    )
    currency: Currency = strawberry.field(description="The ISO 4217 code.")

    def to_money(self, field: str) -> rules.Money:
        """The exact amount in minor units. Raises InvalidInput naming `field` if the currency has fewer decimals."""
        return rules.parse_amount(self.amount, self.currency, field)
