"""Money as whole minor units beside an ISO 4217 currency: never a float, never an unrounded fraction.

The model: an amount is an integer count of the smallest unit of its currency (DKK 12.50 is 1250, JPY 12 is 12, BHD 1.234
is 1234). There is one rounding rule, half to even, applied once per line; where a whole has to be cut into parts the
remainder goes to the largest fractions (`allocate`), so that the parts always sum to the whole again.

What this module does not do: exchange rates, and display for people (grouping, symbols, locales).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.rules.errors import InvalidInput

BPS: Final = 10_000
"""Basis points in one whole: 2500 bps = 25 %."""

MAX_AMOUNT_MINOR: Final = 10**15
"""The largest absolute amount taken from outside, in minor units.

Far above any freelance sum, and so far below 2^63 that no sum of accepted amounts overflows a bigint column.
"""

# ISO 4217 list one: the alphabetic codes by number of minor units. Source: list one as the
# maintenance agency, SIX Group, publishes it. Codes without a minor unit (XAU, XDR, XTS, XXX …) are no money one can bill
# in and are left out. BGN (until 2025-12-31) and ANG (until 2025-06-30) stay readable for the books of those years.
_CODES_BY_MINOR_UNITS: Final[dict[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
        CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
        HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT
        MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR
        SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
        UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

MINOR_UNITS: Final[dict[str, int]] = {
    code: digits
    for digits, codes in sorted(_CODES_BY_MINOR_UNITS.items())
    for code in codes.split()
}
"""Decimals of every currency one can hold money in, by ISO 4217 (not CLDR's display digits, which differ)."""

# re.ASCII: int() would also take Arabic-Indic and other digits, which a reader cannot tell from a typo.
_PLAIN_DECIMAL: Final = re.compile(r"(-?)([0-9]{1,19})(?:\.([0-9]{1,19}))?", re.ASCII)


def minor_units(currency: str, field: str = "currency") -> int:
    """The number of decimals of `currency`. Raises InvalidInput (CURRENCY_UNKNOWN) naming `field`."""
    digits = MINOR_UNITS.get(currency) if isinstance(currency, str) else None
    if digits is None:
        raise InvalidInput(
            f"{currency!r:.20} is not the ISO 4217 code of a currency.",
            code="CURRENCY_UNKNOWN",
            field=field,
        )
    return digits


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency. Sums and comparisons across currencies raise CURRENCY_MISMATCH."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no whole number of minor units (a bool and a float are not)."""
        if type(self.amount_minor) is not int:
            raise InvalidInput(
                "An amount is a whole number of minor units.",
                code="AMOUNT_INVALID",
                field="amount_minor",
            )
        minor_units(self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidInput(
                f"{self.currency} and {other.currency} cannot be added or compared.",
                code="CURRENCY_MISMATCH",
            )

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return self.amount_minor <= other.amount_minor

    def __gt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return other < self

    def __ge__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return other <= self

    def __str__(self) -> str:
        return f"{format_amount(self)} {self.currency}"


def parse_amount(text: str | Decimal, currency: str, field: str) -> Money:
    """Read a plain decimal such as `-1234.50` in major units; nothing is ever rounded or guessed.

    A float, a bool, NaN, an infinity, an exponent, a sign other than `-`, blanks, separators of thousands, more decimals
    than the currency has (also zeros), and more than `MAX_AMOUNT_MINOR` are refused with InvalidInput naming `field`
    (AMOUNT_INVALID, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE, CURRENCY_UNKNOWN).
    """
    digits = minor_units(currency, field)
    match = _PLAIN_DECIMAL.fullmatch(_plain_text(text, field))
    if match is None:
        raise InvalidInput(
            "An amount is written in plain digits, as in 1234.50.",
            code="AMOUNT_INVALID",
            field=field,
        )
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > digits:
        raise InvalidInput(
            f"{currency} has {digits} decimals, not {len(fraction)}.",
            code="AMOUNT_TOO_PRECISE",
            field=field,
        )
    amount_minor = int(whole + fraction.ljust(digits, "0"))
    if amount_minor > MAX_AMOUNT_MINOR:
        raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field=field)
    return Money(-amount_minor if sign else amount_minor, currency)


def _plain_text(value: str | Decimal, field: str) -> str:
    """`value` as text without an exponent, bounded in length before anything is expanded."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        # 1E+400 would expand to 400 digits, 1E-400 to 400 decimals: both are bounded before they are written out.
        if value.adjusted() > 18:
            raise InvalidInput("The amount is too large.", code="AMOUNT_TOO_LARGE", field=field)
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -19:
            raise InvalidInput(
                "The amount has too many decimals.", code="AMOUNT_TOO_PRECISE", field=field
            )
        return format(value, "f")
    raise InvalidInput(
        "An amount is a decimal written as text, never a float.", code="AMOUNT_INVALID", field=field
    )


def format_amount(money: Money) -> str:
    """The amount in major units as a plain decimal with all decimals of its currency; `parse_amount` reads it back."""
    digits = minor_units(money.currency)
    text = str(abs(money.amount_minor)).rjust(digits + 1, "0")
    sign = "-" if money.amount_minor < 0 else ""
    if not digits:
        return sign + text
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def divide_half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half to even, for either sign of both. Raises InvalidInput on zero."""
    if denominator == 0:
        raise InvalidInput("Division by zero.", code="DIVISION_BY_ZERO")
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        quotient += 1
    return quotient


def share(amount_minor: int, rate_bps: int) -> int:
    """The share of an amount in basis points, rounded half to even: `share(1250, 2500)` is 312."""
    return divide_half_even(amount_minor * rate_bps, BPS)


def allocate(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Cut `total_minor` into parts by `weights` so that they sum to it exactly (largest remainder).

    A weight of zero gets nothing; among equal remainders the earlier part is served first; a negative total gives the
    mirror image of the positive one. Raises InvalidInput (ALLOCATION_INVALID) for a negative weight, and for a total other
    than zero with no weight at all, since nobody could say where it belongs.
    """
    if any(weight < 0 for weight in weights):
        raise InvalidInput(
            "A weight is never negative.", code="ALLOCATION_INVALID", field="weights"
        )
    whole = sum(weights)
    if whole == 0:
        if total_minor:
            raise InvalidInput(
                "There is nothing to allocate the amount to.",
                code="ALLOCATION_INVALID",
                field="weights",
            )
        return (0,) * len(weights)
    size = abs(total_minor)
    parts = [size * weight // whole for weight in weights]
    remainders = [size * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
    for index in by_remainder[: size - sum(parts)]:
        parts[index] += 1
    return tuple(-part if total_minor < 0 else part for part in parts)
