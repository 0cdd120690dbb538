"""How the difference of two scopes is said: names of fields, and values as a person reads them aloud, in either language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from contracts import formats
from services.calendars import region_name
from services.rules.calendars import CalendarTerms
from services.rules.schedule import LagKind, LinkKind
from services.rules.scope import Dependency, ItemCalendar, ScopeItem
from services.rules.taxes import TAX_CATEGORIES

_DECIMAL_SIGN: Final = {"en": ".", "da": ","}

LABELS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "title", "kind": "kind", "parent_key": "phase", "position": "position", "description": "description",
        "quantity": "quantity", "unit": "unit", "effort_minutes": "effort", "rate_minor": "rate",
        "fee_minor": "fixed fee", "cost_minor": "cost", "tax_code": "tax category", "tax_bps": "tax rate",
        "duration_days": "duration", "constraint_kind": "date constraint", "constraint_date": "constraint date",
        "acceptance_criteria": "acceptance criteria", "deliverable": "deliverable", "calendar_key": "calendar",
        "allocation_bps": "share of each working day",
    },
    "da": {
        "title": "titel", "kind": "art", "parent_key": "fase", "position": "placering", "description": "beskrivelse",
        "quantity": "mængde", "unit": "enhed", "effort_minutes": "tidsforbrug", "rate_minor": "sats",
        "fee_minor": "fast honorar", "cost_minor": "kostpris", "tax_code": "momskategori", "tax_bps": "momssats",
        "duration_days": "varighed", "constraint_kind": "datobinding", "constraint_date": "bundet dato",
        "acceptance_criteria": "godkendelseskriterier", "deliverable": "leverance", "calendar_key": "kalender",
        "allocation_bps": "andel af hver arbejdsdag",
    },
}  # fmt: skip
"""What a field of an item is called in a sentence."""

_ENUMS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "summary": "summary", "task": "task", "milestone": "milestone",
        "as_soon_as_possible": "as soon as possible", "as_late_as_possible": "as late as possible",
        "start_no_earlier_than": "start no earlier than", "start_no_later_than": "start no later than",
        "finish_no_earlier_than": "finish no earlier than", "finish_no_later_than": "finish no later than",
        "must_start_on": "must start on", "must_finish_on": "must finish on",
        "exclusion": "exclusion", "assumption": "assumption", "no_guarantee": "no guarantee",
    },
    "da": {
        "summary": "overskrift", "task": "opgave", "milestone": "milepæl",
        "as_soon_as_possible": "så tidligt som muligt", "as_late_as_possible": "så sent som muligt",
        "start_no_earlier_than": "begynder tidligst", "start_no_later_than": "begynder senest",
        "finish_no_earlier_than": "slutter tidligst", "finish_no_later_than": "slutter senest",
        "must_start_on": "skal begynde den", "must_finish_on": "skal slutte den",
        "exclusion": "undtagelse", "assumption": "forudsætning", "no_guarantee": "ingen resultatgaranti",
    },
}  # fmt: skip

_TAXES_DA: Final = {
    "S": "normal eller nedsat sats", "Z": "nulsats", "E": "momsfri", "AE": "omvendt betalingspligt",
    "K": "levering inden for EØS", "G": "eksport", "O": "uden for momsens område",
    "L": "De Kanariske Øers afgift", "M": "Ceutas og Melillas afgift",
}  # fmt: skip

PHRASES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "top": "the top of the outline", "own calendar": "the calendar of the engagement", "none": "none",
        "from to": "{label} from {before} to {after}", "set": "{label} set to {after}", "cleared": "{label} taken away (was {before})",
        "reworded": "{label} reworded",
        "added": "Added: {title} ({key}){figures}.", "removed": "Removed: {title} ({key}){figures}.",
        "changed": "{title} ({key}): {fields}.",
        "link added": "New: {link}.", "link removed": "No longer: {link}.", "link changed": "Now: {after}; before: {before}.",
        "FS": "{successor} starts {when} {predecessor} finishes", "SS": "{successor} starts {when} {predecessor} starts",
        "FF": "{successor} finishes {when} {predecessor} finishes", "SF": "{successor} finishes {when} {predecessor} starts",
        "after": "after", "lag": "at least {days} after", "lead": "no earlier than {days} before",
        "at most": ", and at most {days} after", "day": "calendar day", "days": "calendar days",
        "exclusion added": "Now excluded: {text}", "exclusion removed": "No longer excluded: {text}",
        "assumption added": "Now assumed: {text}", "assumption removed": "No longer assumed: {text}",
        "no_guarantee added": "Now not guaranteed: {text}", "no_guarantee removed": "No longer said not to be guaranteed: {text}",
        "calendar added": "New calendar: {title} ({terms}).", "calendar removed": "Calendar taken out: {title}.",
        "calendar changed": "Calendar {title}: {fields}.", "project calendar": "Working days: {fields}.",
        "country": "the public holidays {after} count instead of those {before}",
        "country added": "the public holidays {after} count", "country removed": "the public holidays {before} no longer count",
        "no holidays": "no public holidays", "holidays": "public holidays {place}",
        "weekend": "worked {after} instead of {before}", "off": "also off: {days}", "on": "worked after all: {days}",
        "worked": "worked {days}", "titled": "now called {title}",
        "fee": "Fee: {before} before, {after} after ({change}).",
        "cost": "Cost: {before} before, {after} after ({change}).",
        "delivery": "Delivery: {before} before, {after} after ({change}).",
        "delivery kept": "Delivery stays on {after}.",
        "same": "Nothing differs.", "hours": "hours", "hour": "hour", "minutes": "minutes", "minute": "minute",
    },
    "da": {
        "top": "øverste niveau", "own calendar": "aftalens kalender", "none": "ingen",
        "from to": "{label} fra {before} til {after}", "set": "{label} sat til {after}", "cleared": "{label} fjernet (var {before})",
        "reworded": "{label} omformuleret",
        "added": "Tilføjet: {title} ({key}){figures}.", "removed": "Udgået: {title} ({key}){figures}.",
        "changed": "{title} ({key}): {fields}.",
        "link added": "Ny: {link}.", "link removed": "Ikke længere: {link}.", "link changed": "Nu: {after}; før: {before}.",
        "FS": "{successor} begynder {when} {predecessor} er færdig", "SS": "{successor} begynder {when} {predecessor} er begyndt",
        "FF": "{successor} slutter {when} {predecessor} er færdig", "SF": "{successor} slutter {when} {predecessor} er begyndt",
        "after": "efter, at", "lag": "tidligst {days} efter, at", "lead": "tidligst {days} før,",
        "at most": ", og senest {days} efter", "day": "kalenderdag", "days": "kalenderdage",
        "exclusion added": "Nu undtaget: {text}", "exclusion removed": "Ikke længere undtaget: {text}",
        "assumption added": "Nu forudsat: {text}", "assumption removed": "Ikke længere forudsat: {text}",
        "no_guarantee added": "Nu uden garanti: {text}", "no_guarantee removed": "Ikke længere uden garanti: {text}",
        "calendar added": "Ny kalender: {title} ({terms}).", "calendar removed": "Kalender udgået: {title}.",
        "calendar changed": "Kalenderen {title}: {fields}.", "project calendar": "Arbejdsdage: {fields}.",
        "country": "helligdagene {after} gælder i stedet for dem {before}",
        "country added": "helligdagene {after} gælder", "country removed": "helligdagene {before} gælder ikke længere",
        "no holidays": "ingen helligdage", "holidays": "helligdage {place}",
        "weekend": "arbejde {after} i stedet for {before}", "off": "også fri: {days}", "on": "arbejdes der alligevel: {days}",
        "worked": "arbejde {days}", "titled": "hedder nu {title}",
        "fee": "Honorar: før {before}, nu {after} ({change}).",
        "cost": "Kostpris: før {before}, nu {after} ({change}).",
        "delivery": "Levering: før {before}, nu {after} ({change}).",
        "delivery kept": "Leveringen er fortsat {after}.",
        "same": "Ingen forskelle.", "hours": "timer", "hour": "time", "minutes": "minutter", "minute": "minut",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Naming:
    """What keys are called in one state of a scope, in one language and currency."""

    locale: str
    currency: str
    items: Mapping[str, ScopeItem]
    calendars: Mapping[str, ItemCalendar]

    def phrase(self, name: str, **values: object) -> str:
        """A phrase of the language with its places filled."""
        return PHRASES[self.locale][name].format(**values)

    def label(self, field: str) -> str:
        """What a field of an item is called."""
        return LABELS[self.locale][field]

    def title(self, item_key: str) -> str:
        """The title of an item, or its key where there is none."""
        item = self.items.get(item_key)
        return item.title if item is not None else item_key

    def money(self, amount_minor: int, *, is_change: bool = False) -> str:
        """An amount with its currency."""
        write = formats.signed_money if is_change else formats.money
        return write({"amount_minor": amount_minor, "currency": self.currency}, self.locale)

    def date(self, day: date) -> str:
        """A date with the month as a word."""
        return formats.date(day.isoformat(), self.locale)

    def working_days(self, days: int) -> str:
        """A number of working days."""
        return str(formats.FILTERS["working_days"](days, self.locale))

    def value(self, field: str, value: Any) -> str | None:
        """A field's value as text; None where there is none."""
        if field == "parent_key":
            return self.phrase("top") if value is None else self.title(value)
        if field == "calendar_key":
            named = self.calendars.get(value)
            return self.phrase("own calendar") if value is None else named.title if named else value
        if value is None or value == "" or (field == "effort_minutes" and not value):
            return None
        if field.endswith("_minor"):
            return self.money(value)
        if field == "effort_minutes":
            return self._effort(value)
        if field == "duration_days":
            return self.working_days(value)
        if field.endswith("_bps"):
            return formats.percent(value, self.locale)
        if field == "tax_code":
            meaning = (TAX_CATEGORIES if self.locale == "en" else _TAXES_DA).get(value)
            return f"{value} ({meaning})" if meaning else str(value)
        return self._plain(value)

    def enum(self, value: Enum) -> str:
        """A member of an enumeration in words."""
        return _ENUMS[self.locale][value.value]

    def constraint(self, item_key: str) -> str:
        """How a date binds an item: `start no earlier than 10 March 2026`."""
        item = self.items[item_key]
        kind = self.enum(item.constraint_kind)
        return kind if item.constraint_date is None else f"{kind} {self.date(item.constraint_date)}"

    def link(self, link: Dependency) -> str:
        """A dependency as a clause."""
        when = "after" if not link.lag_days else "lag" if link.lag_days > 0 else "lead"
        text = self.phrase(
            LinkKind(link.kind).value,
            successor=self.title(link.successor_key),
            predecessor=self.title(link.predecessor_key),
            when=self.phrase(when, days=self._lag(abs(link.lag_days), link.lag_kind)),
        )
        if link.max_lag_days is not None:
            text += self.phrase("at most", days=self._lag(link.max_lag_days, link.lag_kind))
        return text

    def terms(self, terms: CalendarTerms) -> str:
        """A calendar in a few words: whose holidays, which weekdays, which days off."""
        holidays = (
            self.phrase("no holidays")
            if terms.country is None
            else self.phrase("holidays", place=self.place(terms))
        )
        parts = [holidays, self.phrase("worked", days=self.weekdays(terms))]
        if terms.days_off:
            parts.append(self.phrase("off", days=self.days(terms.days_off, terms)))
        return "; ".join(parts)

    def place(self, terms: CalendarTerms) -> str:
        """Where the public holidays that count are kept: `in Denmark`. Only of terms with a country."""
        assert terms.country is not None
        named = formats.in_country(terms.country, self.locale)
        return f"{named} ({region_name(terms.country, terms.region)})" if terms.region else named

    def weekdays(self, terms: CalendarTerms) -> str:
        """The weekdays that are worked."""
        return formats.working_weekdays(sorted(day + 1 for day in terms.weekend), self.locale)

    def days(self, days: Any, terms: CalendarTerms) -> str:
        """Days off, those in a row as one period."""
        return "; ".join(
            formats.periods_off(
                {
                    "days_off": [day.isoformat() for day in days],
                    "weekend": sorted(day + 1 for day in terms.weekend),
                },
                self.locale,
            )
        )

    def _lag(self, days: int, kind: LagKind) -> str:
        if kind is LagKind.WORKING:
            return self.working_days(days)
        return f"{formats.number(days, self.locale)} {self.phrase('day' if days == 1 else 'days')}"

    def _effort(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        parts = []
        for count, one, many in ((hours, "hour", "hours"), (rest, "minute", "minutes")):
            if count or (one == "hour" and not rest):
                parts.append(
                    f"{formats.number(count, self.locale)} {self.phrase(one if count == 1 else many)}"
                )
        return " ".join(parts)

    def _plain(self, value: object) -> str:
        if isinstance(value, Enum):
            return self.enum(value)
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, Decimal):
            whole, _, decimals = format(value.normalize(), "f").partition(".")
            sign = _DECIMAL_SIGN[self.locale] if decimals else ""
            return f"{formats.number(int(whole), self.locale)}{sign}{decimals}"
        return formats.number(value, self.locale) if isinstance(value, int) else str(value)
