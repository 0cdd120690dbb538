"""What Microsoft Project's numbers mean, and the fields of its files that carry what only we know.

The numbers are those of the published schema of its XML (Project 2007 and later).
"""

import re
from typing import Final

from services.rules.schedule import ConstraintKind, LinkKind

MINUTES_PER_DAY: Final = 480
"""A working day where the file does not say."""

ELAPSED_MINUTES_PER_DAY: Final = 1440

CONSTRAINTS: Final = {
    0: ConstraintKind.AS_SOON_AS_POSSIBLE,
    1: ConstraintKind.AS_LATE_AS_POSSIBLE,
    2: ConstraintKind.MUST_START_ON,
    3: ConstraintKind.MUST_FINISH_ON,
    4: ConstraintKind.START_NO_EARLIER_THAN,
    5: ConstraintKind.START_NO_LATER_THAN,
    6: ConstraintKind.FINISH_NO_EARLIER_THAN,
    7: ConstraintKind.FINISH_NO_LATER_THAN,
}
LINKS: Final = {
    0: LinkKind.FINISH_TO_FINISH,
    1: LinkKind.FINISH_TO_START,
    2: LinkKind.START_TO_FINISH,
    3: LinkKind.START_TO_START,
}

DAYS: Final = 7
ELAPSED_DAYS: Final = 8
ELAPSED_FORMATS: Final = frozenset({4, 6, 8, 10, 12, 20, 36, 38, 40, 42, 44, 52})
"""Formats of a duration or lag that count calendar time; an estimated one is 32 more than a certain one."""
PERCENT_FORMATS: Final = frozenset({19, 20, 51, 52})
"""Formats of a lag in percent of the predecessor's duration."""

_TEXT_FIELDS: Final = (
    188743731, 188743734, 188743737, 188743740, 188743743, 188743746, 188743747, 188743748, 188743749, 188743750,
    188743997, 188743998, 188743999, 188744000, 188744001, 188744002, 188744003, 188744004, 188744005, 188744006,
)  # fmt: skip
"""The ids of the custom fields Text1 to Text20 of a task."""

_OURS: Final = (
    "item_key", "kind", "duration_days", "quantity", "unit", "rate", "fee", "cost", "effort_minutes", "tax_code",
    "tax_rate", "allocation_percent", "calendar_key", "latest", "deliverable", "acceptance_criteria",
)  # fmt: skip

ALIAS: Final = "Scopewright "
"""How the names of our custom fields begin."""

FIELDS: Final = {
    name: (f"Text{at}", field_id)
    for at, (name, field_id) in enumerate(zip(_OURS, _TEXT_FIELDS, strict=False), start=1)
}
"""Name and id of the custom field by what it carries."""

PUBLIC_HOLIDAY: Final = "Public holiday"
"""The name of an exception that follows from the country of the calendar."""

ELAPSED_KEY: Final = "elapsed"
"""The key of the calendar on which every day works, for tasks whose duration is elapsed."""


def calendar_name(title: str, key: str = "", country: str | None = None, region: str = "") -> str:
    """How a calendar of ours is called, so that key and country come back: `Nights (nights) [DK]`."""
    name = f"{title} ({key})" if key else title
    if country is None:
        return name
    return f"{name} [{country}{'-' if region else ''}{region}]"


_CALENDAR_NAME: Final = re.compile(
    r"(?P<title>.*?)(?: \((?P<key>[A-Za-z0-9._-]+)\))?(?: \[(?P<country>[A-Z]{2})(?:-(?P<region>[^\]]+))?\])?",
    re.DOTALL,
)


def read_calendar_name(name: str) -> tuple[str, str, str | None, str]:
    """Title, key, country and region of a calendar's name; the inverse of `calendar_name`."""
    match = _CALENDAR_NAME.fullmatch(name)
    if match is None:
        return name, "", None, ""
    return match["title"], match["key"] or "", match["country"], match["region"] or ""
