"""Policies, changed: drafted, published, sent to be signed off."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from db.queries import policies as queries
from db.unit_of_work import read_only
from schema.context import Info
from schema.envelopes import EnvelopePayload, envelope_payload
from schema.errors import Payload, inside, refusals_as
from schema.policies.types import PolicyCategory, PolicyRule, PolicyVersion
from schema.relay import decode_id
from services import policies
from services.rules.policies import DraftDetails, RuleDetails


@strawberry.input(description="The next version of the policies.")
class DraftPoliciesInput:
    """One draft at a time."""

    title: str = strawberry.field(description="What the practice calls it.")
    effective_date: date = strawberry.field(description="From when it applies.")
    introduction_en: str = strawberry.field(default="", description="Above the rules, in English.")
    introduction_da: str = strawberry.field(default="", description="Above the rules, in Danish.")
    copies_rules: bool = strawberry.field(
        default=True, description="Begin with the rules of the version before."
    )


@strawberry.input(description="What stands above a draft's rules, set as given.")
class UpdatePolicyDraftInput:
    """The rules have mutations of their own."""

    policy_version_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")
    title: str = strawberry.field(description="What the practice calls it.")
    effective_date: date = strawberry.field(description="From when it applies.")
    introduction_en: str = strawberry.field(default="", description="Above the rules, in English.")
    introduction_da: str = strawberry.field(default="", description="Above the rules, in Danish.")


@strawberry.input(description="One rule in both languages.")
class PolicyRuleInput:
    """Set as given."""

    code: str = strawberry.field(description="What a reminder cites, such as P-01.")
    category: PolicyCategory = strawberry.field(description="What it is about.")
    title_en: str = strawberry.field(description="Its heading in English.")
    title_da: str = strawberry.field(description="Its heading in Danish.")
    text_en: str = strawberry.field(description="The rule in English.")
    text_da: str = strawberry.field(description="The rule in Danish.")
    consequence_en: str = strawberry.field(default="", description="What follows, in English.")
    consequence_da: str = strawberry.field(default="", description="What follows, in Danish.")
    position: int | None = strawberry.field(
        default=None, description="Its place; null: last, or where it is."
    )

    def details(self) -> RuleDetails:
        """As the services take it."""
        return RuleDetails(**{**vars(self), "category": self.category.value})


@strawberry.input(description="A rule to add to a draft.")
class AddPolicyRuleInput:
    """Which draft, and the rule."""

    policy_version_id: strawberry.ID = strawberry.field(description="The draft.")
    rule: PolicyRuleInput = strawberry.field(description="The rule.")


@strawberry.input(description="A rule of a draft, as it should be.")
class RevisePolicyRuleInput:
    """Which rule, and its new words."""

    rule_id: strawberry.ID = strawberry.field(description="The rule.")
    rule: PolicyRuleInput = strawberry.field(description="The whole rule.")


@strawberry.input(description="A rule to take out of a draft.")
class RemovePolicyRuleInput:
    """Which."""

    rule_id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.input(description="A draft to publish as you saw it.")
class PublishPoliciesInput:
    """Nothing of it changes ever after."""

    policy_version_id: strawberry.ID = strawberry.field(description="The draft.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.input(description="A client to ask for a sign-off.")
class SendPoliciesForSignOffInput:
    """You sign for the practice by sending."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    policy_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="The published version; null: the newest."
    )
    contact_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is to sign; none: every active signer."
    )
    locale: str | None = strawberry.field(
        default=None, description="The language of the paper; null: the client's."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when; null: the usual time."
    )


@strawberry.type(description="The version as it is now, or why not.")
class PolicyVersionPayload(Payload):
    """Answer of policy mutations."""

    policy_version: PolicyVersion | None = strawberry.field(
        default=None, description="After the change."
    )


@strawberry.type(description="The rule and its version as they are now, or why not.")
class PolicyRulePayload(Payload):
    """Answer of rule mutations."""

    rule: PolicyRule | None = strawberry.field(default=None, description="After the change.")
    policy_version: PolicyVersion | None = strawberry.field(
        default=None, description="The draft it belongs to."
    )


async def _version(info: Info, version_id: UUID) -> PolicyVersionPayload:
    async with read_only(info.context.actor.scope()) as uow:
        row = await queries.policy_version_by_id(uow, version_id)
    return PolicyVersionPayload(policy_version=PolicyVersion.of(row) if row else None)


async def _rule(info: Info, rule_id: UUID) -> PolicyRulePayload:
    async with read_only(info.context.actor.scope()) as uow:
        rule = await queries.rule_by_id(uow, rule_id)
        row = rule and await queries.policy_version_by_id(uow, rule["policy_version_id"])
    return PolicyRulePayload(
        rule=PolicyRule.of(rule) if rule else None,
        policy_version=PolicyVersion.of(row) if row else None,
    )


@strawberry.type
class PolicyMutation:
    """Mixed into Mutation."""

    @strawberry.mutation(description="Begin the next version of the policies.")
    @refusals_as(PolicyVersionPayload)
    async def draft_policies(self, info: Info, input: DraftPoliciesInput) -> PolicyVersionPayload:
        """With the rules of the version before, unless told otherwise."""
        values = {name: value for name, value in vars(input).items() if name != "copies_rules"}
        version_id = await policies.draft(
            info.context.actor,
            DraftDetails(**values),
            copies_rules=input.copies_rules,
            now=info.context.now,
        )
        return await _version(info, version_id)

    @strawberry.mutation(description="Change what stands above a draft's rules.")
    @refusals_as(PolicyVersionPayload)
    async def update_policy_draft(
        self, info: Info, input: UpdatePolicyDraftInput
    ) -> PolicyVersionPayload:
        """Set as given."""
        version_id = await policies.update_draft(
            info.context.actor,
            decode_id("PolicyVersion", input.policy_version_id, "policyVersionId"),
            DraftDetails(
                title=input.title,
                effective_date=input.effective_date,
                introduction_en=input.introduction_en,
                introduction_da=input.introduction_da,
            ),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return await _version(info, version_id)

    @strawberry.mutation(description="Add a rule to a draft.")
    @refusals_as(PolicyRulePayload)
    async def add_policy_rule(self, info: Info, input: AddPolicyRuleInput) -> PolicyRulePayload:
        """Last in its version, unless it has a place."""
        with inside("rule", "policyVersionId"):
            rule_id = await policies.add_rule(
                info.context.actor,
                decode_id("PolicyVersion", input.policy_version_id, "policyVersionId"),
                input.rule.details(),
                now=info.context.now,
            )
        return await _rule(info, rule_id)

    @strawberry.mutation(description="Change a rule of a draft.")
    @refusals_as(PolicyRulePayload)
    async def revise_policy_rule(
        self, info: Info, input: RevisePolicyRuleInput
    ) -> PolicyRulePayload:
        """Set as given."""
        with inside("rule", "ruleId"):
            rule_id = await policies.revise_rule(
                info.context.actor,
                decode_id("PolicyRule", input.rule_id, "ruleId"),
                input.rule.details(),
                now=info.context.now,
            )
        return await _rule(info, rule_id)

    @strawberry.mutation(description="Take a rule out of a draft.")
    @refusals_as(PolicyVersionPayload)
    async def remove_policy_rule(
        self, info: Info, input: RemovePolicyRuleInput
    ) -> PolicyVersionPayload:
        """Published rules stay for good."""
        version_id = await policies.remove_rule(
            info.context.actor,
            decode_id("PolicyRule", input.rule_id, "ruleId"),
            now=info.context.now,
        )
        return await _version(info, version_id)

    @strawberry.mutation(
        description="Publish a draft and freeze its paper in every language. For owner and staff."
    )
    @refusals_as(PolicyVersionPayload)
    async def publish_policies(
        self, info: Info, input: PublishPoliciesInput
    ) -> PolicyVersionPayload:
        """Every client's sign-off is outstanding again."""
        version_id = await policies.publish(
            info.context.actor,
            decode_id("PolicyVersion", input.policy_version_id, "policyVersionId"),
            expected_version=input.expected_version,
            today=info.context.today,
            now=info.context.now,
        )
        return await _version(info, version_id)

    @strawberry.mutation(description="Ask a client to sign a published version off.")
    @refusals_as(EnvelopePayload)
    async def send_policies_for_sign_off(
        self, info: Info, input: SendPoliciesForSignOffInput
    ) -> EnvelopePayload:
        """Each signer gets a link by mail."""
        envelope_id = await policies.send_for_sign_off(
            info.context.actor,
            client_id=decode_id("Client", input.client_id, "clientId"),
            policy_version_id=decode_id("PolicyVersion", input.policy_version_id, "policyVersionId")
            if input.policy_version_id is not None
            else None,
            contact_ids=[
                decode_id("Contact", contact_id, "contactIds") for contact_id in input.contact_ids
            ],
            locale=input.locale,
            expires_at=input.expires_at,
            now=info.context.now,
        )
        return await envelope_payload(info, envelope_id)
