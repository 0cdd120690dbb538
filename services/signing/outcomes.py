"""What the end of an envelope means: one line for every domain that sends papers."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from db.unit_of_work import UnitOfWork
from services import change_orders, policies, services_contracts


class OnSigned(Protocol):
    """Makes the outcome of a paper that everybody has signed; a `DomainError` undoes the signature."""

    def __call__(
        self,
        uow: UnitOfWork,
        *,
        subject_id: UUID,
        document_id: UUID,
        fingerprint: str,
        signer_name: str,
        now: datetime,
    ) -> Awaitable[None]: ...


class OnDeclined(Protocol):
    """Takes note that a paper was declined, voided by the practice (`voided: …`) or ran out (`expired`)."""

    def __call__(
        self, uow: UnitOfWork, *, subject_id: UUID, reason: str, now: datetime
    ) -> Awaitable[None]: ...


class LockSubject(Protocol):
    """Takes the lock under which the domain sends and withdraws its papers."""

    def __call__(self, uow: UnitOfWork, *, subject_id: UUID) -> Awaitable[Any]: ...


@dataclass(frozen=True)
class Outcome:
    """What the end of an envelope means for the thing it is about."""

    on_signed: OnSigned
    on_declined: OnDeclined
    lock: LockSubject | None = None


OUTCOMES: dict[str, Outcome] = {
    "change_order": Outcome(
        change_orders.on_signed, change_orders.on_declined, lock=change_orders.lock
    ),
    "policies": Outcome(policies.on_signed, policies.on_declined),
    "services_contract": Outcome(
        services_contracts.on_signed, services_contracts.on_declined, lock=services_contracts.lock
    ),
}
"""By the envelope's subject_kind; every domain that sends papers has its line here."""


async def lock_subject(uow: UnitOfWork, subject_kind: str, subject_id: UUID) -> Outcome:
    """Take the lock of the thing that an envelope is about, before the envelope's own; answers its outcome."""
    outcome = OUTCOMES[subject_kind]
    if outcome.lock is not None:
        await outcome.lock(uow, subject_id=subject_id)
    return outcome
