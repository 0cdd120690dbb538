"""Working calendars: which days of a year are worked, and why the others are not."""

from datetime import date
from typing import Annotated, Self

import strawberry

from schema.context import Info
from schema.engagements.inputs import CalendarInput
from schema.languages import Language
from schema.relay import decode_id
from services import scopes
from services.actor import MEMBERS
from services.calendars import CalendarYear, calendar_year, clean_terms, region_name


@strawberry.type(description="A public holiday.")
class PublicHoliday:
    """Also one that falls on a weekend."""

    names: strawberry.Private[dict[str, str]]
    on: date = strawberry.field(name="date", description="The day.")
    is_on_weekend: bool = strawberry.field(
        description="Whether nobody would work on that day anyway."
    )

    @strawberry.field(
        description="What it is called; in English or the country's own language where no other name is known."
    )
    def name(
        self,
        language: Annotated[
            Language, strawberry.argument(description="The language.")
        ] = Language.EN,
    ) -> str:
        """Several on one day are named together."""
        return self.names[language.value]


@strawberry.type(description="How many days of a month are worked.")
class WorkingMonth:
    """Of the year asked for."""

    month: int = strawberry.field(description="1 to 12.")
    working_days: int = strawberry.field(description="Days that are worked.")


@strawberry.type(description="A year of a working calendar.")
class WorkingYear:
    """By the same table of holidays that plans are scheduled on."""

    year: int = strawberry.field(description="The year.")
    country: str | None = strawberry.field(
        description="Whose public holidays count, ISO 3166 alpha-2; null for none."
    )
    region: str = strawberry.field(description="Of the country, where holidays differ.")
    region_name: str = strawberry.field(description="The region as people call it.")
    weekend: list[int] = strawberry.field(description="Weekdays without work; Monday is 0.")
    public_holidays: list[PublicHoliday] = strawberry.field(description="By date.")
    days_off: list[date] = strawberry.field(
        description="Own days off of the year, those of pauses among them, by date."
    )
    working_days: int = strawberry.field(description="Days of the year that are worked.")
    months: list[WorkingMonth] = strawberry.field(description="January to December.")

    @classmethod
    def of(cls, found: CalendarYear) -> Self:
        """From the service's."""
        terms = found.terms
        return cls(
            year=found.year,
            country=terms.country,
            region=terms.region,
            region_name=region_name(terms.country, terms.region)
            if terms.country and terms.region
            else "",
            weekend=sorted(terms.weekend),
            public_holidays=[
                PublicHoliday(
                    names={language: names[day] for language, names in found.names.items()},
                    on=day,
                    is_on_weekend=day.weekday() in terms.weekend,
                )
                for day in found.holidays
            ],
            days_off=list(found.days_off),
            working_days=found.working_days,
            months=[
                WorkingMonth(month=month, working_days=days)
                for month, days in enumerate(found.month_days, start=1)
            ],
        )


@strawberry.input(one_of=True, description="Whose working calendar; exactly one field is given.")
class CalendarOfInput:
    """An engagement's, or one that is described."""

    engagement_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="An engagement: as its scope stands, with the pauses agreed.",
    )
    calendar: CalendarInput | None = strawberry.field(
        default=strawberry.UNSET, description="A place, a weekend and days off."
    )


@strawberry.type
class CalendarQuery:
    """Mixed into Query."""

    @strawberry.field(
        description="Which days of a year are worked: public holidays by name, days off, working days by month."
    )
    async def working_calendar(
        self,
        info: Info,
        *,
        of: Annotated[CalendarOfInput, strawberry.argument(description="Whose calendar.")],
        year: Annotated[int, strawberry.argument(description="From 2000 to 2199.")],
    ) -> WorkingYear:
        """Denmark's Great Prayer Day is off in 2023 and worked from 2024."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        if isinstance(of.calendar, CalendarInput):
            given = of.calendar
            terms = clean_terms(
                country=given.country,
                region=given.region,
                weekend=given.weekend,
                days_off=given.days_off,
                field="of.calendar",
            )
        else:
            engagement_id = decode_id("Engagement", of.engagement_id or "", "of.engagementId")
            terms = await scopes.agreed_calendar(actor, engagement_id)
        return WorkingYear.of(calendar_year(terms, year))
