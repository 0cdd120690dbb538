"""The languages of sentences."""

from enum import StrEnum

import strawberry


@strawberry.enum(description="A language that sentences are written in.")
class Language(StrEnum):
    """Those that papers are written in as well."""

    EN = "en"
    DA = "da"
