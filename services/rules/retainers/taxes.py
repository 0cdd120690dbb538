"""Tax on money that is paid before the supply.

Where a payment is made on account before the supply, tax becomes chargeable on receipt and on the amount received (Directive
2006/112/EC, article 65; in Denmark momsloven § 23, stk. 3, and § 27, stk. 1, 2. pkt.: at 25 % four fifths of what came in are the
taxable amount). The amount received includes the tax. It takes a supply that is known when the payment is made (Court of Justice,
C-419/02 BUPA Hospitals, paragraphs 48 to 50), so:

* a deposit for signed work, availability and hours are taxed on receipt unless somebody says otherwise;
* an evergreen retainer secures whatever may come and is not, unless somebody says so;
* security is no payment for a supply and never is.

When the work is invoiced the invoice carries the whole tax, and the tax of the deposit is taken off again, so it is paid once. When
a deposit goes back the taxable amount falls with it (article 90).
"""

from services.rules.money import BPS, divide_half_even
from services.rules.retainers.amounts import RetainerKind


def is_taxed_by_default(kind: RetainerKind) -> bool:
    """Whether money of this kind bears tax on receipt when nothing is said."""
    return kind in (
        RetainerKind.DEPOSIT,
        RetainerKind.AVAILABILITY,
        RetainerKind.PERIOD_ALLOWANCE,
    )


def tax_in(gross_minor: int, tax_bps: int) -> int:
    """The tax that an amount includes: 125 at 25 % hold 25. Half to even."""
    return divide_half_even(gross_minor * tax_bps, BPS + tax_bps)


def tax_of_part(part_minor: int, *, held_minor: int, tax_held_minor: int, tax_bps: int) -> int:
    """The tax in a part of what is held: what is on the books less the tax in the rest; all of it in the whole.

    So the rounding of one part is made good by the next, and however many parts there are, what stays is never more than half a
    minor unit away from the tax in the rest. Never below nothing, nor above the part itself.
    """
    rest_minor = max(0, held_minor - part_minor)
    return max(0, min(tax_held_minor - tax_in(rest_minor, tax_bps), part_minor))
