"""The scope before the contract: preview an import, import, write item by item, price, set expectations."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import strawberry

from db.unit_of_work import read_only
from schema.change_orders.inputs import ChangeInput, changes_of
from schema.context import Info
from schema.engagements.changes import engagement_now
from schema.engagements.inputs import minor
from schema.engagements.types import Engagement
from schema.errors import Payload, UserError, about_all, refusals_as
from schema.relay import decode_id
from schema.scalars import MoneyInput
from schema.scopes.inputs import ExpectationInput
from schema.scopes.reads import plan_parts
from schema.scopes.types import PlanFileProblem, ScopePlan
from services import engagements, scopes
from services.rules.errors import InvalidInput
from services.rules.scope import Expectation
from services.rules.taxes import UNTAXED_CATEGORIES, check_tax
from services.scopes import FileFormat, ItemPrice


@strawberry.enum(description="How a plan is written.")
class PlanFormat(Enum):
    """The forms that `services.rules.plan_files` reads."""

    JSON = strawberry.enum_value(
        "json", description="One JSON object: the plan format, or a scheduler's recorded plan."
    )
    CSV = strawberry.enum_value("csv", description="One item a line under a line of column names.")
    MS_PROJECT_XML = strawberry.enum_value(
        "ms_project_xml", description="Microsoft Project's XML, as other programs write it too."
    )


@strawberry.type(description="What a file would make of the scope; nothing is stored.")
class ScopeImportPreview:
    """With any problem there is no plan."""

    name: str = strawberry.field(description="What the file calls itself.")
    start_date: date = strawberry.field(description="When work would start.")
    problems: list[PlanFileProblem] = strawberry.field(description="Everything that is wrong.")
    warnings: list[PlanFileProblem] = strawberry.field(
        description="What is rounded or not carried over; it does not bar the import."
    )
    plan: ScopePlan | None = strawberry.field(description="The scope with dates and figures.")


@strawberry.type
class ScopeQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="What importing a file would make of an engagement's scope, with every problem named."
    )
    async def preview_scope_import(
        self, info: Info, *, engagement_id: strawberry.ID, text: str, format: PlanFormat
    ) -> ScopeImportPreview:
        """Nothing is stored."""
        actor = info.context.actor
        key = decode_id("Engagement", engagement_id, "engagementId")
        found = await scopes.preview_import(
            actor, key, text=text, file_format=cast(FileFormat, format.value)
        )
        plan = None
        if found.schedule is not None:
            async with read_only(actor.scope()) as uow:
                row = await engagements.found(uow, key)
            terms = scopes.ScopeTerms(
                currency=row["currency"],
                calendar=found.calendar,
                start_date=found.start_date,
                retention_bps=row["retention_bps"],
                contingency_bps=row["contingency_bps"],
            )
            plan = ScopePlan(**plan_parts(scopes.compute_state(found.scope, terms), terms))
        return ScopeImportPreview(
            name=found.name,
            start_date=found.start_date,
            problems=[PlanFileProblem.of(each) for each in found.problems],
            warnings=[PlanFileProblem.of(each) for each in found.warnings],
            plan=plan,
        )


@strawberry.input(description="A plan's file to replace the scope draft with.")
class ImportScopeInput:
    """A start and a calendar in the file become the engagement's; expectations stay where it has none."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The draft's version you saw.")
    text: str = strawberry.field(description="The whole file.")
    format: PlanFormat = strawberry.field(description="How it is written.")
    source: str = strawberry.field(default="", description="The file's name.")


@strawberry.input(
    description="What to put on one item of the scope draft; null keeps what is there."
)
class ItemPriceInput:
    """A fixed fee, or a rate with a quantity or an effort."""

    key: str = strawberry.field(description="The item's key.")
    fee: MoneyInput | None = strawberry.field(default=None, description="A fixed fee.")
    rate: MoneyInput | None = strawberry.field(default=None, description="Per unit, or per hour.")
    quantity: Decimal | None = strawberry.field(default=None, description="How many units.")
    unit: str | None = strawberry.field(default=None, description="What the quantity counts.")
    cost: MoneyInput | None = strawberry.field(default=None, description="What it costs you.")
    effort_minutes: int | None = strawberry.field(default=None, description="Estimated effort.")
    tax_code: str | None = strawberry.field(default=None, description="Tax category.")
    tax_bps: int | None = strawberry.field(default=None, description="Tax rate.")
    title: str | None = strawberry.field(default=None, description="What it is called.")
    description: str | None = strawberry.field(default=None, description="What it comprises.")
    deliverable: str | None = strawberry.field(default=None, description="What the client gets.")
    acceptance_criteria: str | None = strawberry.field(default=None, description="When it is done.")


@strawberry.input(description="Fees and words for items of the scope draft; all or none.")
class PriceScopeItemsInput:
    """Only before the contract goes out."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The draft's version you saw.")
    items: list[ItemPriceInput] = strawberry.field(description="The items.")


@strawberry.input(description="The whole register of expectations of the scope draft.")
class SetExpectationsInput:
    """It takes the place of what is there."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The draft's version you saw.")
    expectations: list[ExpectationInput] = strawberry.field(description="The register.")


@strawberry.input(description="Changes to the scope draft, in order; all or none.")
class ChangeScopeDraftInput:
    """The draft may be incomplete afterwards; what only the whole shows is in its `problems`."""

    engagement_id: strawberry.ID = strawberry.field(description="The engagement.")
    expected_version: int = strawberry.field(description="The draft's version you saw.")
    changes: list[ChangeInput] = strawberry.field(description="What changes.")


@strawberry.type(description="The engagement with its scope draft, or why not.")
class ScopeDraftPayload(Payload):
    """Answer of mutations of the draft."""

    engagement: Engagement | None = strawberry.field(default=None, description="As it is now.")
    problems: list[PlanFileProblem] = strawberry.field(
        default_factory=list,
        description="What is wrong with the file, or with the values, if it was refused.",
    )


@strawberry.type
class ScopeMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Replace the scope draft by a plan's file.")
    @refusals_as(ScopeDraftPayload)
    async def import_scope(self, info: Info, input: ImportScopeInput) -> ScopeDraftPayload:
        """Every problem is named; with any, nothing is stored."""
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        try:
            await scopes.import_scope(
                info.context.actor,
                engagement_id,
                text=input.text,
                file_format=cast(FileFormat, input.format.value),
                source=input.source,
                expected_version=input.expected_version,
                now=info.context.now,
            )
        except InvalidInput as error:
            return _refused(error)
        return ScopeDraftPayload(engagement=await engagement_now(info, engagement_id))

    @strawberry.mutation(
        description="Write the scope draft item by item, with the changes a change order is made of."
    )
    @refusals_as(ScopeDraftPayload)
    async def change_scope_draft(
        self, info: Info, input: ChangeScopeDraftInput
    ) -> ScopeDraftPayload:
        """All or none; a draft that is not complete yet is stored."""
        actor = info.context.actor
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        async with read_only(actor.scope()) as uow:
            engagement = await engagements.found(uow, engagement_id)
        try:
            with about_all("changes"):
                await scopes.change_draft(
                    actor,
                    engagement_id,
                    changes_of(input.changes, engagement),
                    expected_version=input.expected_version,
                    now=info.context.now,
                )
        except InvalidInput as error:
            return _refused(error)
        return ScopeDraftPayload(engagement=await engagement_now(info, engagement_id))

    @strawberry.mutation(description="Put fees and words on items of the scope draft.")
    @refusals_as(ScopeDraftPayload)
    async def price_scope_items(self, info: Info, input: PriceScopeItemsInput) -> ScopeDraftPayload:
        """All or none."""
        actor = info.context.actor
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        async with read_only(actor.scope()) as uow:
            currency = (await engagements.found(uow, engagement_id))["currency"]
        with about_all("items"):
            await scopes.price_items(
                actor,
                engagement_id,
                [_price(each, currency, f"items.{at}") for at, each in enumerate(input.items)],
                expected_version=input.expected_version,
                now=info.context.now,
            )
        return ScopeDraftPayload(engagement=await engagement_now(info, engagement_id))

    @strawberry.mutation(description="Set what is excluded, assumed and not guaranteed.")
    @refusals_as(ScopeDraftPayload)
    async def set_expectations(self, info: Info, input: SetExpectationsInput) -> ScopeDraftPayload:
        """The whole register."""
        engagement_id = decode_id("Engagement", input.engagement_id, "engagementId")
        with about_all("expectations"):
            await scopes.set_expectations(
                info.context.actor,
                engagement_id,
                [Expectation(each.kind, each.text) for each in input.expectations],
                expected_version=input.expected_version,
                now=info.context.now,
            )
        return ScopeDraftPayload(engagement=await engagement_now(info, engagement_id))


def _refused(error: InvalidInput) -> ScopeDraftPayload:
    """A refusal with every problem named, of a file or of a draft's values."""
    problems: Any = error.details.get("problems", ())
    return ScopeDraftPayload(
        user_errors=[UserError.of(error)],
        problems=[PlanFileProblem.of(each) for each in problems],
    )


def _price(item: ItemPriceInput, currency: str, path: str) -> ItemPrice:
    same = (
        "quantity", "unit", "effort_minutes", "tax_code", "title", "description", "deliverable",
        "acceptance_criteria",
    )  # fmt: skip
    tax_bps = item.tax_bps
    if item.tax_code is not None:
        if item.tax_code in UNTAXED_CATEGORIES and tax_bps is None:
            tax_bps = 0
        check_tax(item.tax_code, tax_bps, f"{path}.taxCode")
    return ItemPrice(
        item.key,
        tax_bps=tax_bps,
        fee_minor=minor(item.fee, currency, f"{path}.fee"),
        rate_minor=minor(item.rate, currency, f"{path}.rate"),
        cost_minor=minor(item.cost, currency, f"{path}.cost"),
        **{name: getattr(item, name) for name in same},
    )
