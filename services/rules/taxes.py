"""Value added tax on the lines of an invoice, a budget or a change order.

The rule is EN 16931's (BR-CO-17): the tax of a category is its taxable sum times its rate, rounded once, half to even. Each line's
tax is its share of that by largest remainder: never more than one minor unit from its own exact tax, and the lines sum to
the category, so a total is the same whether it is read by line or by category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.rules.errors import InvalidInput
from services.rules.money import BPS, share

TAX_CATEGORIES: Final = {
    "S": "standard or reduced rate",
    "Z": "zero rated",
    "E": "exempt",
    "AE": "reverse charge",
    "K": "supply within the European Economic Area",
    "G": "export",
    "O": "outside the scope of tax",
    "L": "Canary Islands general indirect tax",
    "M": "tax of Ceuta and Melilla",
}
"""The codes of UNCL 5305 that EN 16931 takes (its code list for BT-118 and BT-151), by what they stand for."""
UNTAXED_CATEGORIES: Final = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""Those whose rate is zero, or that have none (rules BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05, BR-G-05, BR-O-05)."""


def check_tax(tax_code: str, tax_bps: int | None, field: str) -> None:
    """Raise InvalidInput (TAX_CODE_UNKNOWN, TAX_RATE_OF_CATEGORY) for a category that no invoice could carry.

    Asked of what comes in now. Scopes that were stored before keep what they say.
    """
    if tax_code not in TAX_CATEGORIES:
        raise InvalidInput(
            f"A tax category is one of {', '.join(TAX_CATEGORIES)} (UNCL 5305, as EN 16931 takes it).",
            code="TAX_CODE_UNKNOWN",
            field=field,
        )
    if tax_bps and tax_code in UNTAXED_CATEGORIES:
        raise InvalidInput(
            f"{tax_code} is {TAX_CATEGORIES[tax_code]}: its rate is zero.",
            code="TAX_RATE_OF_CATEGORY",
            field=field,
        )


class TaxableLine(NamedTuple):
    """A net amount with its tax category and rate; negative for a credit."""

    net_minor: int
    tax_code: str
    tax_bps: int


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One category at one rate."""

    tax_code: str
    tax_bps: int
    taxable_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Taxes:
    """The tax of each line in the order given, the categories by code and rate, and the sum of either."""

    line_tax_minor: tuple[int, ...]
    subtotals: tuple[TaxSubtotal, ...]
    tax_minor: int


def compute_taxes(lines: Sequence[TaxableLine]) -> Taxes:
    """The tax of `lines`, by category and cut back to the lines."""
    members: dict[tuple[str, int], list[int]] = {}
    for position, line in enumerate(lines):
        members.setdefault((line.tax_code, line.tax_bps), []).append(position)
    line_tax = [0] * len(lines)
    subtotals = []
    for (tax_code, tax_bps), positions in sorted(members.items()):
        taxable = sum(lines[position].net_minor for position in positions)
        tax = share(taxable, tax_bps)
        subtotals.append(TaxSubtotal(tax_code, tax_bps, taxable, tax))
        # Floors plus the missing units by largest fraction; unlike `allocate` this also takes credits among the lines.
        exact = {position: lines[position].net_minor * tax_bps for position in positions}
        for position in positions:
            line_tax[position] = exact[position] // BPS
        missing = tax - sum(line_tax[position] for position in positions)
        for position in sorted(positions, key=lambda each: -(exact[each] % BPS))[:missing]:
            line_tax[position] += 1
    return Taxes(tuple(line_tax), tuple(subtotals), sum(each.tax_minor for each in subtotals))
