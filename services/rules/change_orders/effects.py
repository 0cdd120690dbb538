"""What an order does, part by part: to items, taxes, dates, the deposit, and what ending the work would cost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from services.rules.calendars import Timeline
from services.rules.kill_fees import KillFee, KillFeeTerms, compute_kill_fee
from services.rules.schedule import Schedule, ScheduledItem
from services.rules.scope import ChangeKind, ItemKind, Scope, ScopeDiff, ScopeItem, item_fee
from services.rules.scope.kinds import KIND_OF_FIELD
from services.rules.taxes import TaxSubtotal


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One item that the order adds, removes or changes; net fees and costs, None where the item is not in that state."""

    action: Literal["added", "removed", "changed"]
    item_key: str
    title: str
    fee_before_minor: int | None
    fee_after_minor: int | None
    changed_fields: tuple[str, ...] = ()
    cost_before_minor: int | None = None
    cost_after_minor: int | None = None
    kinds: tuple[ChangeKind, ...] = ()
    """What kind of change it is, most telling first; one item can be several (longer and dearer)."""

    @property
    def fee_change_minor(self) -> int:
        """What the line adds to the fee; negative when it takes off."""
        return (self.fee_after_minor or 0) - (self.fee_before_minor or 0)

    @property
    def cost_change_minor(self) -> int:
        """What the line adds to the cost; negative when it takes off."""
        return (self.cost_after_minor or 0) - (self.cost_before_minor or 0)

    @property
    def margin_change_minor(self) -> int:
        """What the line adds to the margin; negative when it earns less than it costs."""
        return self.fee_change_minor - self.cost_change_minor


@dataclass(frozen=True, slots=True)
class MilestoneShift:
    """Where a milestone goes. `shift_days` are working days, positive = later, 0 for one that is added or removed."""

    item_key: str
    title: str
    before: date | None
    after: date | None
    shift_days: int


@dataclass(frozen=True, slots=True)
class ItemShift:
    """An item whose dates are other than before; None where it is not in that state.

    `shift_days` says by how many working days its finish moves, positive = later, 0 for one that is added or removed.
    """

    item_key: str
    title: str
    kind: ItemKind
    deliverable: str
    start_before: date | None
    start_after: date | None
    finish_before: date | None
    finish_after: date | None
    shift_days: int
    float_before_days: int | None
    float_after_days: int | None


@dataclass(frozen=True, slots=True)
class RetainerEffect:
    """What the order does to the deposit: the agreed share of the total including tax, and what is then missing."""

    held_minor: int
    required_before_minor: int
    required_after_minor: int
    top_up_minor: int


@dataclass(frozen=True, slots=True)
class KillFeeBasis:
    """What the client's way out depends on: the agreed share, what is earned of the fee, and what of it is paid. Net of tax.

    `terms` are the stages of the clause; without them it is `rate_bps` whenever the work ends.
    """

    rate_bps: int = 0
    earned_minor: int = 0
    paid_minor: int = 0
    terms: KillFeeTerms | None = None


@dataclass(frozen=True, slots=True)
class KillFeeExposure:
    """What the client would owe beside the earned fee if it ended the engagement today: as agreed now, and with the order."""

    before: KillFee
    after: KillFee

    @property
    def change_minor(self) -> int:
        """How much dearer the order makes leaving; negative = cheaper."""
        return self.after.amount_minor - self.before.amount_minor


def kill_fee_exposure(
    basis: KillFeeBasis, fee_before_minor: int, fee_after_minor: int
) -> KillFeeExposure:
    """The kill fee on either fee. What is earned and paid is the same in both: an order moves neither."""

    def at(fee_minor: int) -> KillFee:
        whole = max(0, fee_minor)
        return compute_kill_fee(
            basis.terms or KillFeeTerms.flat(basis.rate_bps),
            total_fee_minor=whole,
            earned_minor=min(max(0, basis.earned_minor), whole),
            paid_minor=max(0, basis.paid_minor),
        )

    return KillFeeExposure(at(fee_before_minor), at(fee_after_minor))


_KIND_ORDER: Final = (
    ChangeKind.ACCELERATE,
    ChangeKind.RE_ESTIMATE,
    ChangeKind.RE_PRICE,
    ChangeKind.RE_SEQUENCE,
    ChangeKind.CALENDAR_CHANGE,
    ChangeKind.REWORD,
)


def line_kinds(
    changed_fields: Sequence[str], *, is_accelerated: bool = False
) -> tuple[ChangeKind, ...]:
    """The kinds of change that other values of these fields are, most telling first."""
    found = {KIND_OF_FIELD.get(name, ChangeKind.REWORD) for name in changed_fields}
    if is_accelerated:
        # Shorter work at a premium is one thing, not a new estimate and a new price.
        found = found - {ChangeKind.RE_ESTIMATE, ChangeKind.RE_PRICE} | {ChangeKind.ACCELERATE}
    return tuple(kind for kind in _KIND_ORDER if kind in found)


def lines_of(
    base: Scope,
    outline_after: Sequence[ScopeItem],
    difference: ScopeDiff,
    accelerated: Collection[str] = frozenset(),
) -> tuple[ChangeLine, ...]:
    """A line per item that differs, added and changed in outline order, then the removed ones. Headings make no line."""
    added = {item.item_key for item in difference.added}
    changed = {
        change.item_key: tuple(field.field for field in change.fields)
        for change in difference.changed
    }
    old = {item.item_key: item for item in base.items if item.item_key in changed}
    lines = []
    for item in outline_after:
        key = item.item_key
        if key in added:
            if item.kind is not ItemKind.SUMMARY:
                lines.append(
                    ChangeLine(
                        "added",
                        key,
                        item.title,
                        None,
                        item_fee(item),
                        cost_after_minor=item.cost_minor,
                        kinds=(ChangeKind.ADD,),
                    )
                )
        elif key in changed and (item.kind is not ItemKind.SUMMARY or item_fee(old[key])):
            lines.append(
                ChangeLine(
                    "changed",
                    key,
                    item.title,
                    item_fee(old[key]),
                    item_fee(item),
                    changed[key],
                    _cost(old[key]),
                    _cost(item),
                    line_kinds(changed[key], is_accelerated=key in accelerated),
                )
            )
    lines += [
        ChangeLine(
            "removed",
            item.item_key,
            item.title,
            item_fee(item),
            None,
            cost_before_minor=item.cost_minor,
            kinds=(ChangeKind.REMOVE,),
        )
        for item in difference.removed
        if item.kind is not ItemKind.SUMMARY
    ]
    return tuple(lines)


def _cost(item: ScopeItem) -> int:
    return 0 if item.kind is ItemKind.SUMMARY else item.cost_minor


def tax_change(
    before: Sequence[TaxSubtotal], after: Sequence[TaxSubtotal]
) -> tuple[TaxSubtotal, ...]:
    """The signed change of each tax category, as EN 16931 rounds them; categories that do not change are left out."""
    old = {(tax.tax_code, tax.tax_bps): tax for tax in before}
    new = {(tax.tax_code, tax.tax_bps): tax for tax in after}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        none = TaxSubtotal(*key, 0, 0)
        was, becomes = old.get(key, none), new.get(key, none)
        taxable = becomes.taxable_minor - was.taxable_minor
        tax = becomes.tax_minor - was.tax_minor
        if taxable or tax:
            changes.append(TaxSubtotal(*key, taxable, tax))
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class Shifts:
    """Measures how far things move between two plans, in working days.

    On one calendar it is the difference of the boundaries. Two calendars count their days differently (a day of pause is a
    working day before and none after), so then the working days of the calendar agreed before are counted between the two
    dates: `days_before` is that calendar's timeline.
    """

    before: Schedule
    after: Schedule
    days_before: Timeline | None = None

    def of(self, was: ScheduledItem | None, becomes: ScheduledItem | None) -> int:
        """By how many days one item's finish moves; 0 where it is added or removed."""
        if was is None or becomes is None:
            return 0
        if self.days_before is None:
            return becomes.early_finish - was.early_finish
        return self._between(was.finish_date, becomes.finish_date)

    def of_delivery(self) -> int:
        """By how many days the delivery moves."""
        if self.days_before is None:
            return self.after.duration_days - self.before.duration_days
        return self._between(self.before.finish_date, self.after.finish_date)

    def _between(self, was: date, becomes: date) -> int:
        assert self.days_before is not None
        return self.days_before.finished_by(becomes) - self.days_before.finished_by(was)


def milestone_shifts(
    outline_before: Sequence[ScopeItem], outline_after: Sequence[ScopeItem], shifts: Shifts
) -> tuple[MilestoneShift, ...]:
    """Every milestone of either state, those of the new one in outline order first."""
    kept = {item.item_key: item for item in outline_after}
    titles = {
        item.item_key: kept.get(item.item_key, item).title
        for outline in (outline_after, outline_before)
        for item in outline
        if item.kind is ItemKind.MILESTONE
    }
    found = []
    for key, title in titles.items():
        was, becomes = shifts.before.items.get(key), shifts.after.items.get(key)
        found.append(
            MilestoneShift(
                key,
                title,
                was.finish_date if was else None,
                becomes.finish_date if becomes else None,
                shifts.of(was, becomes),
            )
        )
    return tuple(found)


def item_shifts(
    outline_before: Sequence[ScopeItem], outline_after: Sequence[ScopeItem], shifts: Shifts
) -> tuple[ItemShift, ...]:
    """Every item that starts or finishes on another day, or comes or goes: those of the new plan in outline order first."""
    before, after = shifts.before.items, shifts.after.items
    found = []
    for item in outline_after:
        was, becomes = before.get(item.item_key), after[item.item_key]
        if (
            was is None
            or was.finish_date != becomes.finish_date
            or was.start_date != becomes.start_date
        ):
            found.append(_shift(item, was, becomes, shifts))
    found += [
        _shift(item, before[item.item_key], None, shifts)
        for item in outline_before
        if item.item_key not in after
    ]
    return tuple(found)


def _shift(
    item: ScopeItem, was: ScheduledItem | None, becomes: ScheduledItem | None, shifts: Shifts
) -> ItemShift:
    return ItemShift(
        item.item_key,
        item.title,
        item.kind,
        item.deliverable,
        was.start_date if was else None,
        becomes.start_date if becomes else None,
        was.finish_date if was else None,
        becomes.finish_date if becomes else None,
        shifts.of(was, becomes),
        was.total_float_days if was else None,
        becomes.total_float_days if becomes else None,
    )


def float_consumed(before: Schedule, after: Schedule) -> int:
    """The working days of total float that leaves in both plans lose, added up; what others gain is not set off."""
    lost = 0
    for key, becomes in after.items.items():
        was = before.items.get(key)
        if was is not None and not becomes.is_summary and not was.is_summary:
            lost += max(0, was.total_float_days - becomes.total_float_days)
    return lost
