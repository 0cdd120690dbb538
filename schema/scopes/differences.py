"""What differs between two states of a scope, in values and in sentences."""

from datetime import date
from typing import Annotated, Self

import strawberry

from schema.context import Info
from schema.languages import Language
from schema.relay import decode_id
from schema.scalars import Money
from schema.scopes.items import ScopeLine, lines_of, money
from schema.scopes.reads import ScopeVersion, dependency_of
from schema.scopes.types import Expectation, ItemCalendar, ScopeDependency
from services.rules.errors import InvalidInput
from services.rules.scope import FieldChange, ItemField, Scope, ScopeItem
from services.scopes import differences as found
from services.scopes.differences import Naming, ScopeDifference, ScopeSide

Spoken = Annotated[Language, strawberry.argument(description="The language.")]

strawberry.enum(ItemField, name="ScopeItemField", description="A field of an item that can differ.")


@strawberry.input(one_of=True, description="A state of an engagement's scope.")
class ScopeStateInput:
    """Exactly one field is given."""

    number: int | None = strawberry.field(
        default=strawberry.UNSET, description="The number of a version; 1 is the baseline."
    )
    is_draft: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The scope before the contract; only true is meant."
    )


@strawberry.type(description="One field of an item that differs.")
class ScopeFieldChange:
    """The values as a person reads them aloud; null where there is none."""

    field: ItemField = strawberry.field(description="Which field.")
    change: strawberry.Private[FieldChange]
    before_names: strawberry.Private[ScopeSide]
    after_names: strawberry.Private[ScopeSide]

    @strawberry.field(description="What the field is called.")
    def label(self, language: Spoken = Language.EN) -> str:
        """Within a sentence."""
        return found.LABELS[language.value][self.change.field]

    @strawberry.field(description="The value before, such as `5 working days` or `40,000.00 DKK`.")
    def before(self, language: Spoken = Language.EN) -> str | None:
        """Null where it had none."""
        naming = self.before_names.naming(language.value)
        return naming.value(self.change.field, self.change.before)

    @strawberry.field(description="The value after.")
    def after(self, language: Spoken = Language.EN) -> str | None:
        """Null where it has none any more."""
        naming = self.after_names.naming(language.value)
        return naming.value(self.change.field, self.change.after)


@strawberry.type(description="An item that is in both states and differs.")
class ScopeItemChange:
    """Its fields in the order in which an item is written."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called after.")
    fields: list[ScopeFieldChange] = strawberry.field(description="What of it differs.")


@strawberry.type(description="A dependency with another lag.")
class ScopeDependencyChange:
    """The pair and the kind are the same."""

    before: ScopeDependency = strawberry.field(description="As it was.")
    after: ScopeDependency = strawberry.field(description="As it is.")


@strawberry.type(description="An item calendar with other working days.")
class ItemCalendarChange:
    """The key is the same."""

    before: ItemCalendar = strawberry.field(description="As it was.")
    after: ItemCalendar = strawberry.field(description="As it is.")


@strawberry.type(description="An item in both states whose dates differ.")
class ScopeItemMove:
    """Whether or not the item itself was changed."""

    key: str = strawberry.field(description="The item's key.")
    title: str = strawberry.field(description="What it is called after.")
    start_before: date = strawberry.field(description="Its first day before.")
    start_after: date = strawberry.field(description="Its first day after.")
    finish_before: date = strawberry.field(description="Its last day before.")
    finish_after: date = strawberry.field(description="Its last day after.")
    shift_days: int = strawberry.field(
        description="Working days of the former calendar that it finishes later; negative for earlier."
    )


@strawberry.type(description="The figures of one state of a scope.")
class ScopeTotals:
    """Net of tax unless it says otherwise."""

    fee: Money = strawberry.field(description="The sum of all fees.")
    cost: Money = strawberry.field(description="The sum of all costs.")
    tax: Money = strawberry.field(description="The tax on the fee.")
    contingency: Money = strawberry.field(description="The reserve beside the fee.")
    duration_days: int = strawberry.field(description="Working days from start to delivery.")
    start_date: date = strawberry.field(description="The first working day.")
    delivery_date: date = strawberry.field(description="The last day of the last item.")

    @classmethod
    def of(cls, side: ScopeSide) -> Self | None:
        """Of one state; None for a draft that is not complete."""
        if side.totals is None:
            return None
        totals, currency = side.totals, side.terms.currency
        return cls(
            fee=money(totals.fee_minor, currency),
            cost=money(totals.cost_minor, currency),
            tax=money(totals.tax_minor, currency),
            contingency=money(totals.contingency_minor, currency),
            duration_days=totals.duration_days,
            start_date=totals.start_date,
            delivery_date=totals.delivery_date,
        )


@strawberry.type(description="All that leads from one state of a scope to another.")
class ScopeDiff:
    """Items, dependencies, expectations, working days, and the figures of either state."""

    found: strawberry.Private[ScopeDifference]
    from_version: ScopeVersion | None = strawberry.field(
        description="The former version; null for the draft."
    )
    to_version: ScopeVersion | None = strawberry.field(
        description="The latter version; null for the draft."
    )
    is_empty: bool = strawberry.field(
        description="Whether the two say the same, working days included."
    )
    items_added: list[ScopeLine] = strawberry.field(description="Items of the latter alone.")
    items_removed: list[ScopeLine] = strawberry.field(description="Items of the former alone.")
    items_changed: list[ScopeItemChange] = strawberry.field(
        description="Items of both that differ, in outline order."
    )
    dependencies_added: list[ScopeDependency] = strawberry.field(description="New dependencies.")
    dependencies_removed: list[ScopeDependency] = strawberry.field(
        description="Dependencies that are gone."
    )
    dependencies_changed: list[ScopeDependencyChange] = strawberry.field(
        description="Dependencies with other lags."
    )
    expectations_added: list[Expectation] = strawberry.field(description="New expectations.")
    expectations_removed: list[Expectation] = strawberry.field(
        description="Expectations that no longer hold."
    )
    calendars_added: list[ItemCalendar] = strawberry.field(description="New item calendars.")
    calendars_removed: list[ItemCalendar] = strawberry.field(
        description="Item calendars that are gone."
    )
    calendars_changed: list[ItemCalendarChange] = strawberry.field(
        description="Item calendars with other working days."
    )
    moves: list[ScopeItemMove] = strawberry.field(
        description="Items whose dates differ, in outline order."
    )
    totals_before: ScopeTotals | None = strawberry.field(
        description="The former's figures; null for a draft that is not complete."
    )
    totals_after: ScopeTotals | None = strawberry.field(
        description="The latter's figures; null for a draft that is not complete."
    )
    fee_change: Money | None = strawberry.field(description="Latter less former.")
    cost_change: Money | None = strawberry.field(description="Latter less former.")
    tax_change: Money | None = strawberry.field(description="Latter less former.")
    delivery_shift_days: int | None = strawberry.field(
        description="Working days of the former calendar that the delivery is later; negative for earlier."
    )

    @strawberry.field(description="What differs, one sentence a line, to be read aloud.")
    def summary(self, language: Spoken = Language.EN) -> list[str]:
        """Items first, the totals last."""
        return found.summary_lines(self.found, language.value)

    @strawberry.field(
        description="What differs in the engagement's own working days, as parts of a sentence."
    )
    def working_day_changes(self, language: Spoken = Language.EN) -> list[str]:
        """Nothing where the calendar is the same."""
        before, after = self.found.before, self.found.after
        naming: Naming = after.naming(language.value)
        return found.terms_phrases(before.terms.calendar, after.terms.calendar, naming)

    @classmethod
    def of(cls, difference: ScopeDifference) -> Self:
        """From the service's."""
        before, after, diff = difference.before, difference.after, difference.diff
        totals = (ScopeTotals.of(before), ScopeTotals.of(after))
        return cls(
            found=difference,
            from_version=None if before.version is None else ScopeVersion.of(before.version),
            to_version=None if after.version is None else ScopeVersion.of(after.version),
            is_empty=diff.is_empty() and before.terms.calendar == after.terms.calendar,
            items_added=_lines(after, diff.added),
            items_removed=_lines(before, diff.removed),
            items_changed=[
                ScopeItemChange(
                    key=each.item_key,
                    title=after.naming("en").title(each.item_key),
                    fields=[
                        ScopeFieldChange(
                            field=ItemField(field.field),
                            change=field,
                            before_names=before,
                            after_names=after,
                        )
                        for field in each.fields
                    ],
                )
                for each in diff.changed
            ],
            dependencies_added=[dependency_of(each) for each in diff.dependencies_added],
            dependencies_removed=[dependency_of(each) for each in diff.dependencies_removed],
            dependencies_changed=[
                ScopeDependencyChange(before=dependency_of(was), after=dependency_of(now))
                for was, now in diff.dependencies_changed
            ],
            expectations_added=[
                Expectation(kind=each.kind, text=each.text) for each in diff.expectations_added
            ],
            expectations_removed=[
                Expectation(kind=each.kind, text=each.text) for each in diff.expectations_removed
            ],
            calendars_added=[ItemCalendar.of(each) for each in diff.calendars_added],
            calendars_removed=[ItemCalendar.of(each) for each in diff.calendars_removed],
            calendars_changed=[
                ItemCalendarChange(before=ItemCalendar.of(was), after=ItemCalendar.of(now))
                for was, now in diff.calendars_changed
            ],
            moves=[
                ScopeItemMove(
                    key=each.item_key,
                    title=each.title,
                    start_before=each.start_before,
                    start_after=each.start_after,
                    finish_before=each.finish_before,
                    finish_after=each.finish_after,
                    shift_days=each.shift_days,
                )
                for each in difference.moves
            ],
            totals_before=totals[0],
            totals_after=totals[1],
            fee_change=_change(before, after, "fee_minor"),
            cost_change=_change(before, after, "cost_minor"),
            tax_change=_change(before, after, "tax_minor"),
            delivery_shift_days=difference.delivery_shift_days,
        )


def _lines(side: ScopeSide, items: tuple[ScopeItem, ...]) -> list[ScopeLine]:
    keys = {item.item_key for item in items}
    scope: Scope = side.scope
    return [line for line in lines_of(scope, side.terms.currency) if line.key in keys]


def _change(before: ScopeSide, after: ScopeSide, name: str) -> Money | None:
    if before.totals is None or after.totals is None:
        return None
    return money(getattr(after.totals, name) - getattr(before.totals, name), after.terms.currency)


def _state(state: ScopeStateInput, field: str) -> int | None:
    if state.is_draft is strawberry.UNSET:
        return state.number
    if not state.is_draft:
        raise InvalidInput(
            "Only true is meant.", code="SCOPE_STATE_UNCLEAR", field=f"{field}.isDraft"
        )
    return None


@strawberry.type
class ScopeDiffQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What differs between two states of an engagement's scope, in values and in sentences."
    )
    async def scope_diff(
        self,
        info: Info,
        *,
        engagement_id: Annotated[strawberry.ID, strawberry.argument(description="The engagement.")],
        from_: Annotated[
            ScopeStateInput, strawberry.argument(name="from", description="The former state.")
        ],
        to: Annotated[ScopeStateInput, strawberry.argument(description="The latter state.")],
    ) -> ScopeDiff:
        """Any two versions, in either direction, or a version and the draft."""
        return ScopeDiff.of(
            await found.difference(
                info.context.actor,
                decode_id("Engagement", engagement_id, "engagementId"),
                _state(from_, "from"),
                _state(to, "to"),
            )
        )
