"""Who approves refunds above which sum, and a refund before it is asked for."""

from typing import Self

import strawberry

from db.queries import refunds as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.entitlements import RefundEntitlement
from schema.errors import Payload, refusals_as
from schema.refunds import RefundSourceInput
from schema.retainers import money
from schema.scalars import Currency, Money, MoneyInput
from services import refunds
from services.actor import MEMBERS


@strawberry.type(description="The sum above which somebody else than who asked approves a refund.")
class RefundLimit:
    """One for each currency; a currency without one needs the second person always, once any has one."""

    currency: Currency = strawberry.field(description="ISO 4217.")
    amount: Money | None = strawberry.field(description="Null where it was taken away.")
    version: int = strawberry.field(description="Send it back as `expectedVersion` to change it.")


@strawberry.type(description="One line of an entry that would be made.")
class RefundLedgerEffect:
    """Debit positive."""

    account: str = strawberry.field(description="The code of the account, such as bank.")
    amount: Money = strawberry.field(description="Debit positive, credit negative.")


@strawberry.type(description="Why something would be refused now.")
class RefundRefusal:
    """As the mutation would say it."""

    code: str = strawberry.field(description="The code, such as REFUND_OVER_CAP.")
    message: str = strawberry.field(description="The same for people.")


@strawberry.type(description="What a refund would be; looking sets nothing aside.")
class RefundPreview:
    """Caps, parts and the entry."""

    entitlement: RefundEntitlement = strawberry.field(
        description="What the client may get back, this refund's own credit included."
    )
    left: Money = strawberry.field(description="What is left of the source.")
    unapplied: Money = strawberry.field(description="Of it what no invoice ever took.")
    net: Money = strawberry.field(description="Of it work or deposit, without tax.")
    tax: Money = strawberry.field(description="The tax that falls away with it.")
    needs_second_person: bool = strawberry.field(
        description="Whether you would have to leave the approval to somebody else."
    )
    limit: Money | None = strawberry.field(description="Above which sum; null is no limit.")
    effects: list[RefundLedgerEffect] = strawberry.field(description="The entry of paying it.")
    refusals: list[RefundRefusal] = strawberry.field(
        description="Why it would be refused now; empty where it would be taken."
    )

    @classmethod
    def of(cls, seen: refunds.RefundPreview) -> Self:
        """From the service's own."""
        currency = seen.entitlement.currency
        return cls(
            entitlement=RefundEntitlement.of(seen.entitlement),
            left=money(seen.left_minor, currency),
            unapplied=money(seen.unapplied_minor, currency),
            net=money(seen.net_minor, currency),
            tax=money(seen.tax_minor, currency),
            needs_second_person=seen.needs_second_person,
            limit=None if seen.limit_minor is None else money(seen.limit_minor, currency),
            effects=[
                RefundLedgerEffect(account=each.account, amount=money(each.amount_minor, currency))
                for each in seen.effects
            ],
            refusals=[
                RefundRefusal(code=each.code, message=each.message) for each in seen.refusals
            ],
        )


@strawberry.type
class RefundLimitQuery:
    """Mixed into Query."""

    @strawberry.field(description="The limits of refunds by currency.")
    async def refund_limits(self, info: Info) -> list[RefundLimit]:
        """Those that were taken away included, for their version."""
        info.context.actor.require(*MEMBERS)
        async with read_only(info.context.actor.scope()) as uow:
            return [
                RefundLimit(
                    currency=Currency(row["currency"]),
                    amount=None
                    if row["amount_minor"] is None
                    else money(row["amount_minor"], row["currency"]),
                    version=row["version"],
                )
                for row in await queries.limits(uow)
            ]

    @strawberry.field(description="A refund before it is asked for: caps, tax, and what it books.")
    async def preview_refund(
        self, info: Info, source: RefundSourceInput, amount: MoneyInput
    ) -> RefundPreview:
        """Nothing is written."""
        seen = await refunds.preview_refund(
            info.context.actor,
            **source.ids(),
            amount=amount.to_money("amount.amount"),
            today=info.context.today,
        )
        return RefundPreview.of(seen)


@strawberry.input(description="The sum above which somebody else approves a refund.")
class SetRefundLimitInput:
    """It holds for what is asked for from now on."""

    currency: Currency = strawberry.field(description="ISO 4217.")
    limit: MoneyInput | None = strawberry.field(
        description="Zero asks for a second person always; null takes the limit away."
    )
    expected_version: int = strawberry.field(description="The version you saw; 0 before the first.")


@strawberry.type(description="The limits, or why not.")
class RefundLimitPayload(Payload):
    """Answer of `setRefundLimit`."""

    refund_limits: list[RefundLimit] | None = strawberry.field(
        default=None, description="All of them as they are now."
    )


@strawberry.type
class RefundLimitMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Set above which sum somebody else approves. For the owner.")
    @refusals_as(RefundLimitPayload)
    async def set_refund_limit(self, info: Info, input: SetRefundLimitInput) -> RefundLimitPayload:
        """By currency."""
        limit = input.limit
        await refunds.set_refund_limit(
            info.context.actor,
            input.currency,
            None if limit is None else limit.to_money("limit.amount"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RefundLimitPayload(refund_limits=await RefundLimitQuery().refund_limits(info))
