"""The practice, its members, their tokens, and the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from db.queries import practices as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.errors import Payload, refusals_as
from schema.relay import Connection, Keyset, Node, decode_id, encode_id, fetches
from schema.scalars import Currency
from services import access, practices
from services.actor import MEMBERS
from services.rules.errors import InvalidInput

AUDIT_NEWEST_FIRST = Keyset("audit.position", (int, UUID))


@strawberry.type(
    description="The business that uses the system. Two practices never see each other."
)
class Practice(Node):
    """The tenant."""

    name: str = strawberry.field(description="What people call it.")
    legal_name: str = strawberry.field(description="The name it signs with.")
    registration_number: str = strawberry.field(description="Company number, such as a Danish CVR.")
    address: str = strawberry.field(description="Postal address, line by line.")
    email: str = strawberry.field(description="Where clients reach it.")
    phone: str = strawberry.field(description="Where clients call it.")
    country: str = strawberry.field(description="ISO 3166 alpha-2; decides its public holidays.")
    currency: Currency = strawberry.field(description="The currency it usually works in.")
    locale: str = strawberry.field(description="Its own language: en or da.")
    timezone: str = strawberry.field(description="IANA time zone; decides what today is.")
    assistant_name: str = strawberry.field(
        description="In whose name reminders and notices go out; never the owner's."
    )
    bank_account: str = strawberry.field(description="Where clients pay to, as printed on papers.")
    vat_number: str = strawberry.field(
        description="VAT number with its country, such as DK12345674; for electronic invoices."
    )
    endpoint_id: str = strawberry.field(
        description="Electronic address, such as a CVR number or a GLN."
    )
    endpoint_scheme: str = strawberry.field(
        description="The scheme of that address (CEF EAS), such as 0184 or 0088."
    )
    street: str = strawberry.field(description="Street and number, for electronic invoices.")
    postal_code: str = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    iban: str = strawberry.field(description="The account that electronic invoices name.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Practice", row["id"]),
            name=row["name"],
            legal_name=row["legal_name"],
            registration_number=row["registration_number"],
            address=row["address"],
            email=row["email"],
            phone=row["phone"],
            country=row["country"],
            currency=Currency(row["currency"]),
            locale=row["locale"],
            timezone=row["timezone"],
            assistant_name=row["assistant_name"],
            bank_account=row["bank_account"],
            vat_number=row["vat_number"],
            endpoint_id=row["endpoint_id"],
            endpoint_scheme=row["endpoint_scheme"],
            street=row["street"],
            postal_code=row["postal_code"],
            city=row["city"],
            iban=row["iban"],
            version=row["version"],
        )


@strawberry.type(description="A person of the practice.")
class Member(Node):
    """Somebody who acts for the practice."""

    name: str = strawberry.field(description="Their name.")
    email: str = strawberry.field(description="Their address; one member each.")
    role: str = strawberry.field(description="owner, staff, assistant or accountant.")
    is_active: bool = strawberry.field(description="Whether they may still come in.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("Member", row["id"]),
            name=row["name"],
            email=row["email"],
            role=row["role"],
            is_active=row["is_active"],
            version=row["version"],
        )


@strawberry.type(
    description="A member's API token. The token itself is shown once, when it is issued."
)
class ApiToken(Node):
    """What is known of a token; never the token."""

    name: str = strawberry.field(description="What it is for.")
    member_id: strawberry.ID = strawberry.field(description="The member it acts as.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended.")
    created_at: datetime = strawberry.field(description="When it was issued.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From its row."""
        return cls(
            id=encode_id("ApiToken", row["id"]),
            name=row["name"],
            member_id=encode_id("Member", row["member_id"]),
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
            created_at=row["created_at"],
        )


@strawberry.type(
    description="One change of one row: who, when, what before and after. Never edited or deleted."
)
class AuditEvent:
    """An entry of the audit trail."""

    recorded_at: datetime = strawberry.field(description="When it was written.")
    actor: str = strawberry.field(description="Role and id of whoever did it.")
    request_id: str = strawberry.field(description="The request it came through; also in the log.")
    operation: str = strawberry.field(description="insert, update or delete.")
    table_name: str = strawberry.field(description="What kind of thing changed.")
    row_id: UUID = strawberry.field(description="Which one.")
    before: strawberry.scalars.JSON | None = strawberry.field(description="The whole row before.")
    after: strawberry.scalars.JSON | None = strawberry.field(description="The whole row after.")


@fetches("Practice")
async def _practices(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.practice(uow)
    return {row["id"]: Practice.of(row)} if row is not None and row["id"] in ids else {}


@fetches("Member")
async def _members(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    async with read_only(info.context.actor.scope()) as uow:
        rows = await queries.members(uow)
    return {row["id"]: Member.of(row) for row in rows if row["id"] in ids}


@fetches("ApiToken")
async def _tokens(info: Info, ids: Sequence[UUID]) -> dict[UUID, Node]:
    actor = info.context.actor
    if actor.role != "owner":
        # As `apiTokens`; but a refusal here would take every other node of the same question with it.
        return {}
    async with read_only(actor.scope()) as uow:
        rows = await queries.tokens(uow)
    return {row["id"]: ApiToken.of(row) for row in rows if row["id"] in ids}


@strawberry.type
class PracticeQuery:
    """Mixed into Query."""

    @strawberry.field(description="The practice whose token this is.")
    async def practice(self, info: Info) -> Practice | None:
        """The tenant."""
        async with read_only(info.context.actor.scope()) as uow:
            row = await queries.practice(uow)
        return Practice.of(row) if row else None

    @strawberry.field(description="Whoever the token acts as.")
    async def viewer(self, info: Info) -> Member | None:
        """The member who asks."""
        actor = info.context.actor
        if actor.member_id is None:
            return None
        async with read_only(actor.scope()) as uow:
            row = await queries.member_by_id(uow, actor.member_id)
        return Member.of(row) if row else None

    @strawberry.field(description="Everybody who acts for the practice, by name.")
    async def members(self, info: Info) -> list[Member]:
        """All members."""
        actor = info.context.actor
        actor.require(*MEMBERS)
        async with read_only(actor.scope()) as uow:
            rows = await queries.members(uow)
        return [Member.of(row) for row in rows]

    @strawberry.field(description="Every token that was issued, newest first. For the owner.")
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        """All tokens, without their secrets."""
        actor = info.context.actor
        actor.require("owner")
        async with read_only(actor.scope()) as uow:
            rows = await queries.tokens(uow)
        return [ApiToken.of(row) for row in rows]

    @strawberry.field(
        description="The audit trail, newest first; of one row where `rowId` is given. For owner and accountant."
    )
    async def audit_trail(
        self,
        info: Info,
        row_id: UUID | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[AuditEvent]:
        """Who changed what, when."""
        actor = info.context.actor
        actor.require("accountant")
        page = AUDIT_NEWEST_FIRST.page(first, after, None, None)

        async def total() -> int:
            async with read_only(actor.scope()) as uow:
                return await queries.count_audit_events(uow, row_id=row_id)

        async with read_only(actor.scope()) as uow:
            rows = await queries.audit_events(
                uow,
                row_id=row_id,
                before_position=page.after[0] if page.after else None,
                limit=page.fetch,
            )
        return Connection.of(
            page,
            rows,
            node=lambda r: AuditEvent(
                recorded_at=r["recorded_at"],
                actor=r["actor"],
                request_id=r["request_id"],
                operation=r["operation"],
                table_name=r["table_name"],
                row_id=r["row_id"],
                before=queries.json_value(r["before"]),
                after=queries.json_value(r["after"]),
            ),
            key=lambda r: (r["position"], r["id"]),
            total=total,
        )


@strawberry.input(description="What is written about the practice on its papers from now on.")
class UpdatePracticeInput:
    """Every field is set as given."""

    expected_version: int = strawberry.field(description="The version you saw.")
    name: str = strawberry.field(description="What people call it.")
    legal_name: str = strawberry.field(description="The name it signs with.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    currency: Currency = strawberry.field(description="The currency it usually works in.")
    locale: str = strawberry.field(description="en or da.")
    timezone: str = strawberry.field(description="IANA time zone.")
    registration_number: str = strawberry.field(default="", description="Company number.")
    address: str = strawberry.field(default="", description="Postal address.")
    email: str = strawberry.field(default="", description="Where clients reach it.")
    phone: str = strawberry.field(default="", description="Where clients call it.")
    assistant_name: str = strawberry.field(default="", description="In whose name notices go out.")
    bank_account: str = strawberry.field(default="", description="Where clients pay to.")
    vat_number: str = strawberry.field(
        default="",
        description="VAT number with its country, such as DK12345674; for electronic invoices.",
    )
    endpoint_id: str = strawberry.field(
        default="", description="Electronic address, such as a CVR number or a GLN."
    )
    endpoint_scheme: str = strawberry.field(
        default="", description="The scheme of that address (CEF EAS), such as 0184 or 0088."
    )
    street: str = strawberry.field(
        default="", description="Street and number, for electronic invoices."
    )
    postal_code: str = strawberry.field(default="", description="Postal code.")
    city: str = strawberry.field(default="", description="City.")
    iban: str = strawberry.field(
        default="", description="The account that electronic invoices name."
    )


@strawberry.type(description="The practice as it is now, or why it was not changed.")
class UpdatePracticePayload(Payload):
    """Answer of `updatePractice`."""

    practice: Practice | None = strawberry.field(default=None, description="After the change.")


@strawberry.input(description="Somebody to take in.")
class AddMemberInput:
    """A new member."""

    name: str = strawberry.field(description="Their name.")
    email: str = strawberry.field(description="Their address.")
    role: str = strawberry.field(description="owner, staff, assistant or accountant.")
    oidc_issuer: str | None = strawberry.field(
        default=None, description="The identity provider that vouches for them."
    )
    oidc_subject: str | None = strawberry.field(
        default=None, description="Their subject at that provider."
    )


@strawberry.input(description="A member whose access ends.")
class DeactivateMemberInput:
    """Whom, and the version you saw."""

    member_id: strawberry.ID = strawberry.field(description="The member.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The member, or why not.")
class MemberPayload(Payload):
    """Answer of member mutations."""

    member: Member | None = strawberry.field(default=None, description="As they are now.")


@strawberry.input(description="A token to issue.")
class IssueTokenInput:
    """Who it acts as, and what for."""

    member_id: strawberry.ID = strawberry.field(description="The member it acts as.")
    name: str = strawberry.field(description="What it is for.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends.")


@strawberry.type(description="A fresh token, or why not.")
class IssueTokenPayload(Payload):
    """Answer of `issueToken`."""

    token: str | None = strawberry.field(
        default=None, description="The token itself: shown now and never again."
    )
    api_token_id: strawberry.ID | None = strawberry.field(default=None, description="Its id.")


@strawberry.input(description="A token to end.")
class RevokeTokenInput:
    """Which one."""

    token_id: strawberry.ID = strawberry.field(description="The token's id.")


@strawberry.type(description="The token that was ended, or why not.")
class RevokeTokenPayload(Payload):
    """Answer of `revokeToken`."""

    api_token_id: strawberry.ID | None = strawberry.field(default=None, description="Its id.")


async def _member(info: Info, member_id: UUID) -> MemberPayload:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.member_by_id(uow, member_id)
    return MemberPayload(member=Member.of(row) if row else None)


@strawberry.type
class PracticeMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Change what is written about the practice. For the owner.")
    @refusals_as(UpdatePracticePayload)
    async def update_practice(
        self, info: Info, input: UpdatePracticeInput
    ) -> UpdatePracticePayload:
        """Signed papers keep what they said."""
        details = {k: v for k, v in vars(input).items() if k != "expected_version"}
        await practices.update_practice(
            info.context.actor,
            practices.PracticeDetails(**details),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        async with read_only(info.context.actor.scope()) as uow:
            row = await queries.practice(uow)
        return UpdatePracticePayload(practice=Practice.of(row) if row else None)

    @strawberry.mutation(description="Take somebody in. For the owner.")
    @refusals_as(MemberPayload)
    async def add_member(self, info: Info, input: AddMemberInput) -> MemberPayload:
        """A new member."""
        member_id = await practices.add_member(
            info.context.actor, **vars(input), now=info.context.now
        )
        return await _member(info, member_id)

    @strawberry.mutation(description="End a member's access. For the owner.")
    @refusals_as(MemberPayload)
    async def deactivate_member(self, info: Info, input: DeactivateMemberInput) -> MemberPayload:
        """What they did keeps their name."""
        member_id = await practices.deactivate_member(
            info.context.actor,
            member_id=decode_id("Member", input.member_id, "memberId"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _member(info, member_id)

    @strawberry.mutation(description="Issue an API token for a member. For the owner.")
    @refusals_as(IssueTokenPayload)
    async def issue_token(self, info: Info, input: IssueTokenInput) -> IssueTokenPayload:
        """The token is in the answer and nowhere else."""
        if input.expires_at is not None and input.expires_at <= info.context.now:
            raise InvalidInput("A token ends in the future.", code="DATE", field="expiresAt")
        issued = await access.issue_token(
            info.context.actor,
            member_id=decode_id("Member", input.member_id, "memberId"),
            name=input.name,
            expires_at=input.expires_at,
            now=info.context.now,
        )
        return IssueTokenPayload(token=issued.token, api_token_id=encode_id("ApiToken", issued.id))

    @strawberry.mutation(description="End a token at once. For the owner.")
    @refusals_as(RevokeTokenPayload)
    async def revoke_token(self, info: Info, input: RevokeTokenInput) -> RevokeTokenPayload:
        """Ending it twice is no error."""
        token_id = await access.revoke_token(
            info.context.actor,
            token_id=decode_id("ApiToken", input.token_id, "tokenId"),
            now=info.context.now,
        )
        return RevokeTokenPayload(api_token_id=encode_id("ApiToken", token_id))
