"""The three-way reconciliation of client money: the bank, the control account, the clients.

The model, for one day and one currency:

    statement + bank items                = adjusted bank balance
    adjusted bank balance − books items   = retainer control account   (else: unexplained at the bank)
    control account − client items        = sum of the clients' ledgers (else: unexplained among clients)

*Bank items* are what the bank will show later or has wrong: receipts and payments on their way, errors of the bank. *Books items*
are why more or less than the retainers stands in the account: the practice's own money, other client money (unapplied, credit
kept), and what the bank shows and the books do not yet. *Client items* explain a difference inside the books; there should be none.
Each is one signed amount with a date and a sentence. A reconciliation is done when nothing is left unexplained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from services.rules.dates import check_plausible
from services.rules.errors import InvalidInput, RuleViolation
from services.rules.money import MAX_AMOUNT_MINOR, Money, format_amount
from services.rules.text import clean_text

Side = Literal["bank", "books", "clients"]
ItemKind = Literal[
    "receipt_in_transit",
    "payment_in_transit",
    "bank_error",
    "own_money",
    "other_client_money",
    "receipt_not_booked",
    "payment_not_booked",
    "charge_not_booked",
    "client_difference",
]

SIDES: Final[Mapping[ItemKind, Side]] = MappingProxyType(
    {
        "receipt_in_transit": "bank",
        "payment_in_transit": "bank",
        "bank_error": "bank",
        "own_money": "books",
        "other_client_money": "books",
        "receipt_not_booked": "books",
        "payment_not_booked": "books",
        "charge_not_booked": "books",
        "client_difference": "clients",
    }
)
"""Which of the three figures each kind of item explains."""

_POSITIVE: Final = frozenset({"receipt_in_transit", "receipt_not_booked", "other_client_money"})
_NEGATIVE: Final = frozenset({"payment_in_transit", "payment_not_booked", "charge_not_booked"})
MAX_ITEMS: Final = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One explained part of a difference; the amount is signed as it enters the sum."""

    kind: ItemKind
    amount: Money
    happened_on: date
    explanation: str

    @property
    def side(self) -> Side:
        """Which difference it explains."""
        return SIDES[self.kind]


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of a reconciliation, in minor units of one currency."""

    statement_minor: int
    bank_items_minor: int
    books_items_minor: int
    client_items_minor: int
    control_minor: int
    clients_minor: int

    @property
    def adjusted_minor(self) -> int:
        """What the bank holds once everything has arrived."""
        return self.statement_minor + self.bank_items_minor

    @property
    def unexplained_bank_minor(self) -> int:
        """What nobody has explained between the bank and the control account."""
        return self.adjusted_minor - self.books_items_minor - self.control_minor

    @property
    def unexplained_clients_minor(self) -> int:
        """What nobody has explained between the control account and the clients."""
        return self.control_minor - self.client_items_minor - self.clients_minor

    @property
    def is_explained(self) -> bool:
        """Whether it can be marked done."""
        return self.unexplained_bank_minor == 0 and self.unexplained_clients_minor == 0


def checked_items(items: Sequence[Item], *, currency: str, as_of: date) -> tuple[Item, ...]:
    """The items with clean sentences.

    Raises InvalidInput (RECONCILIATION_ITEM_INVALID, AMOUNT_TOO_LARGE, DATE_OUT_OF_RANGE, TEXT_…) and RuleViolation
    (CURRENCY_MISMATCH), each naming the item. What is on its way, or not booked, began on the day or before.
    """
    if len(items) > MAX_ITEMS:
        raise InvalidInput(
            f"There are at most {MAX_ITEMS} items.",
            code="RECONCILIATION_ITEM_INVALID",
            field="items",
        )
    found = []
    for position, item in enumerate(items):
        at = f"items.{position}"
        minor = item.amount.amount_minor
        if item.amount.currency != currency:
            raise RuleViolation(
                f"The amount is in {item.amount.currency}, the statement in {currency}.",
                code="CURRENCY_MISMATCH",
                field=f"{at}.amount",
            )
        if minor == 0 or (item.kind in _POSITIVE and minor < 0) or (item.kind in _NEGATIVE and minor > 0):  # fmt: skip
            raise InvalidInput(
                "Receipts are above zero, payments and charges below; nothing is zero.",
                code="RECONCILIATION_ITEM_INVALID",
                field=f"{at}.amount",
            )
        if abs(minor) > MAX_AMOUNT_MINOR:
            raise InvalidInput(
                "The amount is too large.", code="AMOUNT_TOO_LARGE", field=f"{at}.amount"
            )
        check_plausible(item.happened_on, f"{at}.happenedOn")
        if item.happened_on > as_of:
            raise InvalidInput(
                "What happened after the day of the statement does not explain it.",
                code="RECONCILIATION_ITEM_INVALID",
                field=f"{at}.happenedOn",
            )
        text = clean_text(item.explanation, f"{at}.explanation", max_length=500)
        found.append(Item(item.kind, item.amount, item.happened_on, text))
    return tuple(found)


def figures(
    statement_minor: int, items: Sequence[Item], *, control_minor: int, clients_minor: int
) -> Figures:
    """The sums of a statement and its items against the books."""
    sums = {
        side: sum(item.amount.amount_minor for item in items if item.side == side)
        for side in ("bank", "books", "clients")
    }
    return Figures(
        statement_minor, sums["bank"], sums["books"], sums["clients"], control_minor, clients_minor
    )


def require_explained(found: Figures, currency: str) -> None:
    """Raise RuleViolation (RECONCILIATION_UNEXPLAINED) with both differences where something is left over."""
    if found.is_explained:
        return
    bank, clients = (
        format_amount(Money(minor, currency))
        for minor in (found.unexplained_bank_minor, found.unexplained_clients_minor)
    )
    raise RuleViolation(
        f"Not explained yet: {bank} {currency} between bank and control account, {clients} {currency} between control account "
        "and clients. Explain it item by item, or save the reconciliation as it stands.",
        code="RECONCILIATION_UNEXPLAINED",
        field="isDone",
        unexplained_bank_minor=found.unexplained_bank_minor,
        unexplained_clients_minor=found.unexplained_clients_minor,
    )
