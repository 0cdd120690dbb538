"""Policies and procedures: the rules of working together, and the client's consent to them.

A draft is edited until it is published; then it is a numbered version that nobody can change, with a document in every
language. A client signs one version off by the fingerprint of what was shown. A new version asks everybody again.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.columns import Column

from contracts.payloads import LOCALES
from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import documents as document_queries
from db.queries import envelopes as envelope_queries
from db.queries import policies as queries
from db.tables.policies import PolicyRequest, PolicyRule, PolicySignOff, PolicyVersion
from db.unit_of_work import UnitOfWork, read_only, unit_of_work
from services import documents, envelopes, links
from services.actor import WRITERS, Actor
from services.rules.errors import Conflict, InvalidInput, NotFound, RuleViolation, Stale
from services.rules.policies import (
    DOCUMENT_NUMBER,
    DraftDetails,
    RuleDetails,
    checked_draft,
    checked_rule,
    paper,
)

SUBJECT = "policies"
"""The subject_kind of the envelopes and documents of this domain."""


async def draft(
    actor: Actor, details: DraftDetails, *, copies_rules: bool = True, now: datetime
) -> UUID:
    """Begin the next version, with the rules of the newest published one unless `copies_rules` is false.

    Raises `Forbidden`, `InvalidInput`, `Conflict` (DRAFT_EXISTS): one draft at a time.
    """
    actor.require(*WRITERS)
    values = checked_draft(details)
    version_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        await queries.lock_policies(uow)
        versions = await queries.policy_versions(uow)
        if versions and versions[0]["status"] == "draft":
            raise Conflict("There is a draft already; edit or publish it.", code="DRAFT_EXISTS")
        await PolicyVersion.insert(
            PolicyVersion(
                tenant_id=actor.tenant_id,
                id=version_id,
                number=len(versions) + 1,
                status="draft",
                created_at=now,
                updated_at=now,
                **values,
            )
        )
        rules = await queries.rules_of(uow, [versions[0]["id"]]) if versions else []
        if copies_rules and rules:
            stamped = {"policy_version_id": version_id, "created_at": now, "updated_at": now}
            await PolicyRule.insert(
                *(PolicyRule(**dict(rule) | stamped | {"id": new_id()}) for rule in rules)
            )
    return version_id


async def _locked_draft(uow: UnitOfWork, version_id: UUID) -> asyncpg.Record:
    version = await queries.lock_policy_version(uow, version_id)
    if version is None:
        raise NotFound("No policy version with this id.", field="policyVersionId")
    if version["status"] != "draft":
        raise Conflict(
            "A published version is never changed; draft the next one.",
            code="POLICY_PUBLISHED",
            field="policyVersionId",
        )
    return version


async def _touch(uow: UnitOfWork, version: asyncpg.Record, values: Any, now: datetime) -> None:
    """Count a change of a draft or its rules, so that what is published is what was last seen."""
    changes: dict[Column | str, Any] = dict(values)
    changes |= {"version": version["version"] + 1, "updated_at": now}
    await PolicyVersion.update(changes).where(
        PolicyVersion.tenant_id == uow.tenant_id, PolicyVersion.id == version["id"]
    )


def _require_version(version: asyncpg.Record, expected_version: int) -> None:
    if version["version"] != expected_version:
        raise Stale(
            "The draft was changed meanwhile.",
            code="STALE_VERSION",
            field="expectedVersion",
            current_version=version["version"],
        )


async def update_draft(
    actor: Actor, version_id: UUID, details: DraftDetails, *, expected_version: int, now: datetime
) -> UUID:
    """Change what stands above a draft's rules. Raises `Forbidden`, `InvalidInput`, `NotFound`, `Conflict`, `Stale`."""
    actor.require(*WRITERS)
    values = checked_draft(details)
    async with unit_of_work(actor.scope()) as uow:
        version = await _locked_draft(uow, version_id)
        _require_version(version, expected_version)
        await _touch(uow, version, values, now)
    return version_id


async def add_rule(actor: Actor, version_id: UUID, details: RuleDetails, *, now: datetime) -> UUID:
    """Add a rule to a draft. Raises `Forbidden`, `InvalidInput`, `NotFound`, `Conflict` (RULE_CODE_TAKEN)."""
    actor.require(*WRITERS)
    values = checked_rule(details)
    rule_id = new_id()
    async with unit_of_work(actor.scope()) as uow:
        version = await _locked_draft(uow, version_id)
        rules = await queries.rules_of(uow, [version_id])
        _require_free(rules, details.code, rule_id)
        last = max((rule["position"] for rule in rules), default=0)
        await PolicyRule.insert(
            PolicyRule(
                tenant_id=actor.tenant_id,
                id=rule_id,
                policy_version_id=version_id,
                position=details.position or last + 1,
                created_at=now,
                updated_at=now,
                **values,
            )
        )
        await _touch(uow, version, {}, now)
    return rule_id


def _require_free(rules: Sequence[asyncpg.Record], code: str, rule_id: UUID) -> None:
    if any(rule["code"] == code and rule["id"] != rule_id for rule in rules):
        raise Conflict("Another rule has this code.", code="RULE_CODE_TAKEN", field="code")


async def _rule(uow: UnitOfWork, rule_id: UUID) -> tuple[asyncpg.Record, asyncpg.Record]:
    rule = await queries.rule_by_id(uow, rule_id)
    if rule is None:
        raise NotFound("No rule with this id.", field="ruleId")
    version = await _locked_draft(uow, rule["policy_version_id"])
    rule = await queries.rule_by_id(uow, rule_id)
    if rule is None:
        raise NotFound("No rule with this id.", field="ruleId")
    return rule, version


async def revise_rule(actor: Actor, rule_id: UUID, details: RuleDetails, *, now: datetime) -> UUID:
    """Change a rule of a draft. Raises `Forbidden`, `InvalidInput`, `NotFound`, `Conflict`."""
    actor.require(*WRITERS)
    values = checked_rule(details)
    async with unit_of_work(actor.scope()) as uow:
        rule, version = await _rule(uow, rule_id)
        rules = await queries.rules_of(uow, [version["id"]])
        _require_free(rules, details.code, rule_id)
        values |= {"position": details.position or rule["position"], "updated_at": now}
        await PolicyRule.update(values).where(
            PolicyRule.tenant_id == actor.tenant_id, PolicyRule.id == rule_id
        )
        await _touch(uow, version, {}, now)
    return rule_id


async def remove_rule(actor: Actor, rule_id: UUID, *, now: datetime) -> UUID:
    """Take a rule out of a draft; answers the draft's id. Raises `Forbidden`, `NotFound`, `Conflict`."""
    actor.require(*WRITERS)
    async with unit_of_work(actor.scope()) as uow:
        _, version = await _rule(uow, rule_id)
        await queries.delete_rule(uow, rule_id)
        await _touch(uow, version, {}, now)
    version_id: UUID = version["id"]
    return version_id


async def publish(
    actor: Actor, version_id: UUID, *, expected_version: int, today: date, now: datetime
) -> UUID:
    """Publish a draft as it was last seen, and freeze its paper in every language. Nothing of it changes ever after.

    Raises `Forbidden`, `NotFound`, `Stale`, `Conflict` (POLICY_PUBLISHED), `RuleViolation` (POLICY_EMPTY).
    """
    actor.require("staff")
    async with read_only(actor.scope()) as uow:
        seen = await queries.policy_version_by_id(uow, version_id)
        rules = await queries.rules_of(uow, [version_id])
        practice = await documents.practice_party(uow)
    papers = []
    if seen is not None and seen["version"] == expected_version and rules:
        # The papers are made before any lock; the version is compared again under it.
        for locale in LOCALES:
            payload = paper(dict(seen), [dict(rule) for rule in rules], practice, locale, today)
            papers.append((payload, await documents.render("policies", locale, payload)))
    async with unit_of_work(actor.scope()) as uow:
        version = await _locked_draft(uow, version_id)
        _require_version(version, expected_version)
        if not papers:
            raise RuleViolation("A version without rules says nothing.", code="POLICY_EMPTY")
        for payload, rendered in papers:
            await documents.store(
                uow,
                rendered,
                number=DOCUMENT_NUMBER,
                version=version["number"],
                client_id=None,
                engagement_id=None,
                subject_kind=SUBJECT,
                subject_id=version_id,
                payload=payload,
                now=now,
            )
        await _touch(uow, version, {"status": "published", "published_at": now}, now)
    return version_id


async def send_for_sign_off(
    actor: Actor,
    *,
    client_id: UUID,
    policy_version_id: UUID | None = None,
    contact_ids: Sequence[UUID] = (),
    locale: str | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> UUID:
    """Ask a client to sign a published version off (the newest, if none is named); answers the envelope's id.

    The paper goes out in the client's language unless `locale` says otherwise. Raises `Forbidden`, `NotFound`, `Conflict`
    (POLICY_NOT_PUBLISHED, ALREADY_SIGNED_OFF, ALREADY_SENT), and what `envelopes.send` raises.
    """
    actor.require(*WRITERS)
    if locale is not None and locale not in LOCALES:
        raise InvalidInput("The locale is en or da.", code="LOCALE", field="locale")
    async with unit_of_work(actor.scope()) as uow:
        client = await client_queries.lock_client(uow, client_id)
        if client is None:
            raise NotFound("No client with this id.", field="clientId")
        version = await _published(uow, policy_version_id)
        if await queries.sign_off(uow, client_id, version["id"]) is not None:
            raise Conflict("The client has signed this version off.", code="ALREADY_SIGNED_OFF")
        if await queries.open_request(uow, client_id, version["id"]) is not None:
            raise Conflict("The client is being asked already.", code="ALREADY_SENT")
        papers = await document_queries.documents_of_subjects(uow, SUBJECT, [version["id"]])
        chosen = next(row for row in papers if row["locale"] == (locale or client["locale"]))
        request_id = new_id()
        await PolicyRequest.insert(
            PolicyRequest(
                tenant_id=actor.tenant_id,
                id=request_id,
                client_id=client_id,
                policy_version_id=version["id"],
                document_id=chosen["id"],
                created_at=now,
            )
        )
        return await envelopes.send(
            uow,
            actor,
            document_id=chosen["id"],
            subject_kind=SUBJECT,
            subject_id=request_id,
            client_id=client_id,
            signers=[envelopes.SignerSpec(contact_id) for contact_id in contact_ids],
            expires_at=expires_at or links.signing_ends(now),
            now=now,
        )


async def _published(uow: UnitOfWork, version_id: UUID | None) -> asyncpg.Record:
    if version_id is None:
        version = await queries.newest_published(uow)
    else:
        version = await queries.policy_version_by_id(uow, version_id)
        if version is None:
            raise NotFound("No policy version with this id.", field="policyVersionId")
    if version is None or version["status"] != "published":
        raise Conflict(
            "Publish the policies first.", code="POLICY_NOT_PUBLISHED", field="policyVersionId"
        )
    return version


async def on_signed(
    uow: UnitOfWork,
    *,
    subject_id: UUID,
    document_id: UUID,
    fingerprint: str,
    signer_name: str,
    now: datetime,
) -> None:
    """Record the sign-off of the last of the client's signers; called by `services.signing` in its transaction."""
    request = await queries.request_by_id(uow, subject_id)
    sent = await envelope_queries.envelopes_of_subjects(uow, SUBJECT, [subject_id])
    if request is None or not sent:
        raise NotFound("No such request for a sign-off.")
    signers = await envelope_queries.signers_of(uow, [sent[-1]["id"]])
    last = max((row for row in signers if row["party"] == "client"), key=lambda s: s["signed_at"])
    await PolicySignOff.insert(
        PolicySignOff(
            tenant_id=uow.tenant_id,
            id=new_id(),
            client_id=request["client_id"],
            policy_version_id=request["policy_version_id"],
            document_id=document_id,
            envelope_id=sent[-1]["id"],
            contact_id=last["contact_id"],
            signer_name=signer_name,
            fingerprint=fingerprint,
            signed_at=now,
        )
    )


async def on_declined(uow: UnitOfWork, *, subject_id: UUID, reason: str, now: datetime) -> None:
    """A declined request leaves the sign-off outstanding; the envelope itself tells why."""
