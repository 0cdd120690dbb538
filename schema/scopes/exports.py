"""A scope as files to download: signed links, each good for a quarter of an hour."""

from typing import Self
from uuid import UUID

import strawberry

from schema.context import Info
from services import links
from services.rules.errors import Forbidden


@strawberry.type(
    description="A scope as files, each behind a signed link for a quarter of an hour."
)
class ScopeFiles:
    """The three plans can be imported again."""

    csv_url: str = strawberry.field(
        description="A table, one item a line; expectations and calendars of items are not in it."
    )
    json_url: str = strawberry.field(
        description="The whole scope in the plan format, which the command line schedules too."
    )
    project_xml_url: str | None = strawberry.field(
        description="Microsoft Project's XML; null for a draft that cannot be dated yet."
    )
    calendar_url: str | None = strawberry.field(
        description="An iCalendar file with milestones and deliverables; null for a draft that cannot be dated yet."
    )

    @classmethod
    def of_draft(cls, info: Info, engagement_id: UUID, *, is_dated: bool) -> Self:
        """Of the scope draft of an engagement."""
        pattern = f"scope-draft.{{}}?engagementId={engagement_id}"
        return cls._signed(info, pattern, is_dated=is_dated)

    @classmethod
    def of_version(cls, info: Info, scope_version_id: UUID) -> Self:
        """Of a scope version."""
        pattern = f"scope-version.{{}}?versionId={scope_version_id}"
        return cls._signed(info, pattern, is_dated=True)

    @classmethod
    def _signed(cls, info: Info, pattern: str, *, is_dated: bool) -> Self:
        actor = info.context.actor
        member_id = actor.member_id
        if member_id is None:
            raise Forbidden("Files of a scope are for members of the practice.")

        def url(form: str) -> str:
            name = pattern.format(form)
            token = links.export_token(actor.tenant_id, member_id, name, now=info.context.now)
            return links.export_url(token, name)

        return cls(
            csv_url=url("csv"),
            json_url=url("json"),
            project_xml_url=url("xml") if is_dated else None,
            calendar_url=url("ics") if is_dated else None,
        )
