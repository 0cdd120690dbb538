"""The services contract: the scope, its price, its dates and its terms, signed.

Sending freezes the draft of the scope with the papers; signing makes scope version 1 of exactly that, in the transaction of
the last signature. A contract that is declined, voided or runs out gives the draft back; the next one is the next issue.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.queries import clients as client_queries
from db.queries import engagements as queries
from db.queries import envelopes as envelope_queries
from db.queries import policies as policy_queries
from db.queries import practices as practice_queries
from db.tables.engagements import ServicesContract
from db.unit_of_work import UnitOfWork, unit_of_work
from services import documents, engagements, envelopes, scopes
from services.actor import Actor
from services.idempotency import once
from services.links import signing_ends
from services.rules.errors import Conflict, Forbidden, NotFound, RuleViolation, Stale
from services.rules.scope import ItemKind, Scope
from services.rules.text import clean_text
from services.scopes.drafts import dump_scope, load_stored
from services.scopes.versions import state_fingerprint
from services.services_contracts.payload import ContractParties, services_contract

SUBJECT = "services_contract"
"""The kind of thing its envelopes are about; the subject's id is the services contract's."""
LOCALES = ("en", "da")


async def send_contract(
    actor: Actor,
    engagement_id: UUID,
    *,
    expected_version: int,
    contact_ids: Sequence[UUID] = (),
    policy_waiver: str = "",
    expires_at: datetime | None = None,
    idempotency_key: str,
    now: datetime,
    today: date,
) -> UUID:
    """Freeze the draft and its papers in both languages, and send the binding one out for signature.

    The binding paper is in the engagement's language, the other is a courtesy. Answers the services contract's id. Where
    the practice has published policies, the client must have signed the newest off, unless the owner waives that with a
    reason. Raises `Forbidden`, `NotFound`, `Stale` (STALE_VERSION), `RuleViolation` (TERMS_FIXED, SCOPE_EMPTY,
    SCOPE_NOT_PRICED, POLICY_NOT_SIGNED, NO_SIGNER, NOT_A_SIGNER), and what rendering and sending raise.
    """
    actor.require("staff")
    waiver = clean_text(policy_waiver, "policyWaiver", max_length=500, required=False)
    if waiver and actor.role != "owner":
        raise Forbidden("Only the owner may waive the sign-off of the policies.")

    async with unit_of_work(actor.scope()) as uow:

        async def effect() -> dict[str, Any]:
            contract_id = await _send(
                uow,
                actor,
                engagement_id,
                expected_version,
                contact_ids,
                waiver,
                expires_at,
                now,
                today,
            )
            return {"contract_id": str(contract_id)}

        answer = await once(
            uow,
            key=idempotency_key,
            operation="send_contract",
            request={
                "engagement_id": str(engagement_id),
                "expected_version": expected_version,
                "contact_ids": [str(each) for each in contact_ids],
                "policy_waiver": waiver,
                "expires_at": expires_at.isoformat() if expires_at else None,
            },
            now=now,
            effect=effect,
        )
    return UUID(answer["contract_id"])


async def _send(  # noqa: PLR0917 - the parts of one call, split for its idempotency
    uow: UnitOfWork,
    actor: Actor,
    engagement_id: UUID,
    expected_version: int,
    contact_ids: Sequence[UUID],
    waiver: str,
    expires_at: datetime | None,
    now: datetime,
    today: date,
) -> UUID:
    engagement = await engagements.locked(uow, engagement_id, expected_version)
    engagements.require_draft(engagement)
    client_id = engagement["client_id"]
    await _require_policies(uow, client_id, waiver)
    scope, _ = await scopes.draft_scope(uow, engagement_id)
    require_priced(scope)
    state = scopes.compute_state(scope, scopes.terms_of_engagement(engagement))
    parties = await contract_parties(
        uow, actor, client_id, contact_ids, requesters=engagement["change_requesters"]
    )
    issue = 1 + len(await queries.contracts_of(uow, [engagement_id]))
    contract_id = new_id()
    papers: dict[str, documents.FrozenDocument] = {}
    for locale in LOCALES:
        papers[locale] = await documents.freeze(
            uow,
            kind="services_contract",
            locale=locale,
            number=engagements.number_of(engagement),
            version=issue,
            client_id=client_id,
            engagement_id=engagement_id,
            subject_kind=SUBJECT,
            subject_id=contract_id,
            payload=services_contract(
                engagement, state, parties, locale=locale, issue=issue, issued_on=today
            ),
            now=now,
        )
    binding = papers.pop(engagement["locale"])
    (translation,) = papers.values()
    ends = expires_at or signing_ends(now)
    envelope_id = await envelopes.send(
        uow,
        actor,
        document_id=binding.id,
        subject_kind=SUBJECT,
        subject_id=contract_id,
        client_id=client_id,
        signers=[envelopes.SignerSpec(each) for each in contact_ids],
        expires_at=ends,
        now=now,
    )
    await ServicesContract.insert(
        ServicesContract(
            tenant_id=uow.tenant_id,
            id=contract_id,
            engagement_id=engagement_id,
            issue=issue,
            status="sent",
            scope=dump_scope(scope),
            scope_fingerprint=state_fingerprint(state),
            document_id=binding.id,
            translation_id=translation.id,
            envelope_id=envelope_id,
            policy_waiver=waiver,
            expires_at=ends,
            sent_at=now,
        )
    )
    await engagements.change(uow, engagement, {"status": "contract_sent"}, now=now)
    return contract_id


async def lock(uow: UnitOfWork, *, subject_id: UUID) -> None:
    """Lock the engagement before the envelope is locked, as sending does."""
    contract = await queries.contract_by_id(uow, subject_id)
    if contract is not None:
        await queries.lock_engagement(uow, contract["engagement_id"])


async def on_signed(
    uow: UnitOfWork,
    *,
    subject_id: UUID,
    document_id: UUID,
    fingerprint: str,
    signer_name: str,
    now: datetime,
) -> None:
    """Make scope version 1 of exactly what was printed, and the engagement active.

    Called by `services.signing` in the transaction of the last signature, with the engagement locked. Raises `Conflict`
    (CONTRACT_DECIDED), `Stale` (STALE_PREVIEW) where the frozen scope no longer gives the printed dates and figures.
    """
    contract, engagement = await _open_contract(uow, subject_id)
    if contract["document_id"] != document_id:
        raise Conflict("This is not the paper that was sent.", code="STALE_PREVIEW")
    terms = scopes.terms_of_engagement(engagement)
    state = scopes.compute_state(load_stored(contract["scope"]), terms)
    if state_fingerprint(state) != contract["scope_fingerprint"]:
        raise Stale(
            "The scope no longer gives the dates and figures that the paper shows; the contract must be reissued.",
            code="STALE_PREVIEW",
        )
    version_id = await scopes.write_version(
        uow, state, terms, engagement_id=engagement["id"], number=1, contract_id=subject_id, now=now
    )
    await _decide(uow, subject_id, status="signed", decided_by=signer_name, now=now)
    await engagements.change(
        uow, engagement, {"status": "active", "current_scope_version_id": version_id}, now=now
    )


async def on_declined(uow: UnitOfWork, *, subject_id: UUID, reason: str, now: datetime) -> None:
    """Give the draft back when the client declines, the practice voids or the time runs out."""
    contract, engagement = await _open_contract(uow, subject_id)
    envelope = await envelope_queries.envelope_by_id(uow, contract["envelope_id"])
    status = envelope["status"] if envelope else "declined"
    await _decide(uow, subject_id, status=status, reason=reason, now=now)
    await engagements.change(uow, engagement, {"status": "draft"}, now=now)


def require_priced(scope: Scope) -> None:
    """Raise `RuleViolation` unless there is work in the scope and every task has its price, be it zero."""
    tasks = [item for item in scope.leaves() if item.kind is ItemKind.TASK]
    if not tasks:
        raise RuleViolation("The scope holds no work yet.", code="SCOPE_EMPTY")
    bare = [item.item_key for item in tasks if item.fee_minor is None and item.rate_minor is None]
    if bare:
        shown = ", ".join(bare[:10]) + (" …" if len(bare) > 10 else "")
        raise RuleViolation(f"No price yet: {shown}.", code="SCOPE_NOT_PRICED", items=bare)


async def contract_parties(
    uow: UnitOfWork,
    actor: Actor,
    client_id: UUID,
    contact_ids: Sequence[UUID] = (),
    *,
    requesters: Sequence[str] = (),
) -> ContractParties:
    """Who the paper names: the acting member signs for the practice, the chosen or all signers for the client.

    `requesters` are the roles of the contacts who may ask for changes. Raises `RuleViolation` (NO_SIGNER,
    NOT_A_SIGNER).
    """
    member = await practice_queries.member_by_id(uow, actor.member_id) if actor.member_id else None
    contacts = [
        contact
        for contact in await client_queries.contacts_of(uow, [client_id])
        if contact["is_active"]
    ]
    able = {contact["id"]: contact for contact in contacts if "signer" in contact["roles"]}
    if not able:
        raise RuleViolation(
            "The client has no active contact with the role signer.", code="NO_SIGNER"
        )
    if not able.keys() >= set(contact_ids):
        raise RuleViolation(
            "Not an active contact of this client with the role signer.",
            code="NOT_A_SIGNER",
            field="contactIds",
        )
    signers = [
        able[contact_id] for contact_id in able if not contact_ids or contact_id in contact_ids
    ]
    return ContractParties(
        practice=await documents.practice_party(uow),
        client=await documents.client_party(uow, client_id),
        practice_signer=member["name"] if member else actor.name,
        client_signers=[contact["name"] for contact in signers],
        change_requesters=[
            contact["name"] for contact in contacts if set(requesters) & set(contact["roles"])
        ],
    )


async def _require_policies(uow: UnitOfWork, client_id: UUID, waiver: str) -> None:
    newest = await policy_queries.newest_published(uow)
    if newest is None or waiver:
        return
    if await policy_queries.sign_off(uow, client_id, newest["id"]) is None:
        raise RuleViolation(
            f"The client has not signed off version {newest['number']} of the policies yet; the owner may waive that.",
            code="POLICY_NOT_SIGNED",
        )


async def _open_contract(uow: UnitOfWork, contract_id: UUID) -> tuple[Any, Any]:
    """The contract and its locked engagement, while the contract is out. Raises `NotFound`, `Conflict`."""
    await lock(uow, subject_id=contract_id)
    contract = await queries.contract_by_id(uow, contract_id)
    if contract is None:
        raise NotFound("No services contract with this id.")
    if contract["status"] != "sent":
        raise Conflict(f"The contract is {contract['status']} already.", code="CONTRACT_DECIDED")
    return contract, await engagements.found(uow, contract["engagement_id"])


async def _decide(
    uow: UnitOfWork,
    contract_id: UUID,
    *,
    status: str,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    await ServicesContract.update(
        {
            "status": status,
            "decided_at": now,
            "decided_by": decided_by,
            "decline_reason": reason[:1000],
        }
    ).where(ServicesContract.tenant_id == uow.tenant_id, ServicesContract.id == contract_id)
