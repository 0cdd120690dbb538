"""Policies and procedures: rules by category, with codes that a reminder can cite."""

from typing import NotRequired, TypedDict

from contracts.payloads.parts import DocumentHead, IsoDate, Party, Signer


class PolicyRule(TypedDict):
    """``code`` is what a reminder cites (``CALL-2``); ``consequence`` follows a breach."""

    code: str
    title: str
    text: str
    consequence: NotRequired[str | None]


class PolicyCategory(TypedDict):
    """A group of rules: calls, arrival, payment, changes, response times …"""

    name: str
    introduction: NotRequired[str | None]
    rules: list[PolicyRule]


class PoliciesPayload(TypedDict):
    """``policies``: retningslinjer og procedurer. Without ``client`` it is the general version."""

    document: DocumentHead
    practice: Party
    client: NotRequired[Party | None]
    effective_on: IsoDate
    introduction: NotRequired[str | None]
    categories: list[PolicyCategory]
    signatures: list[Signer]
