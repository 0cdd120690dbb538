"""The data that each kind of document is made of: one TypedDict per kind.

These shapes are the contract between whoever gathers the data and the templates. They are read at run
time as well (`contracts.checks` walks them), so a wrong key, a missing key or a wrong type is refused
with the path of the field before a template is touched.

Only plain values occur: ``dict``, ``list``, ``str``, ``int``, ``bool``. Money is a whole number of minor
units beside its ISO 4217 currency, a date is an ISO 8601 string (``2026-11-03``), a share is in basis
points (10 000 = 100 %). Nothing is preformatted: the words and figures of a language are the template's
and `contracts.formats`' affair. An optional key (``NotRequired``) may be left out or be ``None``.

A clause is an optional key of ``clauses``: present, it is printed with these parameters; absent, it is
not in the document, and the numbers of the clauses after it close up.
"""

from contracts.payloads.change_order import (
    ChangeDates,
    ChangeLine,
    ChangeOrderHead,
    ChangeOrderPayload,
    ChangeReason,
    ChangeSums,
    ContractReference,
    MilestoneShift,
    PreviousOrder,
    RetainerEffect,
)
from contracts.payloads.parts import (
    BankAccount,
    CurrencyCode,
    DocumentHead,
    IsoDate,
    Jurisdiction,
    Kind,
    Law,
    Locale,
    Money,
    Party,
    Signer,
    TaxLine,
)
from contracts.payloads.policies import PoliciesPayload, PolicyCategory, PolicyRule
from contracts.payloads.prepayment_invoice import Prepayment, PrepaymentInvoicePayload
from contracts.payloads.refund_memo import (
    EntitlementLine,
    InvoiceReference,
    MemoHead,
    RefundMemoPayload,
    Settlement,
)
from contracts.payloads.retainer_agreement import (
    AllowanceClause,
    AvailabilityClause,
    DrawdownClause,
    ReplenishmentClause,
    RetainerAgreementPayload,
    RetainerClauses,
    RetainerEngagement,
    RetainerRequest,
    RetainerTerms,
    ReturnClause,
)
from contracts.payloads.services_contract import (
    AcceptanceClause,
    ChangeClause,
    ConfidentialityClause,
    ContractEngagement,
    Expectation,
    ForceMajeureClause,
    Instalment,
    IntellectualPropertyClause,
    KillFeeClause,
    KillFeeStage,
    LatePaymentClause,
    LiabilityClause,
    Milestone,
    PaymentTerms,
    RefundsClause,
    ReminderFee,
    RetainerClause,
    Scope,
    ScopeItem,
    ScopePhase,
    ServicesClauses,
    ServicesContractPayload,
    SuspensionClause,
    TerminationClause,
    Timeline,
    Totals,
)
from contracts.payloads.statement_of_account import (
    AccountMovement,
    AccountSection,
    OverdueDocument,
    StatementOfAccountPayload,
)

PAYLOADS: dict[str, type] = {
    "services_contract": ServicesContractPayload,
    "change_order": ChangeOrderPayload,
    "policies": PoliciesPayload,
    "retainer_agreement": RetainerAgreementPayload,
    "prepayment_invoice": PrepaymentInvoicePayload,
    "refund_memo": RefundMemoPayload,
    "statement_of_account": StatementOfAccountPayload,
}
"""Every kind and the shape of its data."""
LOCALES: tuple[Locale, ...] = ("en", "da")
"""Every language; one folder of templates each."""

__all__ = [
    "LOCALES",
    "PAYLOADS",
    "AcceptanceClause",
    "AccountMovement",
    "AccountSection",
    "AllowanceClause",
    "AvailabilityClause",
    "BankAccount",
    "ChangeClause",
    "ChangeDates",
    "ChangeLine",
    "ChangeOrderHead",
    "ChangeOrderPayload",
    "ChangeReason",
    "ChangeSums",
    "ConfidentialityClause",
    "ContractEngagement",
    "ContractReference",
    "CurrencyCode",
    "DocumentHead",
    "DrawdownClause",
    "EntitlementLine",
    "Expectation",
    "ForceMajeureClause",
    "Instalment",
    "IntellectualPropertyClause",
    "InvoiceReference",
    "IsoDate",
    "Jurisdiction",
    "KillFeeClause",
    "KillFeeStage",
    "Kind",
    "LatePaymentClause",
    "Law",
    "LiabilityClause",
    "Locale",
    "MemoHead",
    "Milestone",
    "MilestoneShift",
    "Money",
    "OverdueDocument",
    "Party",
    "PaymentTerms",
    "PoliciesPayload",
    "PolicyCategory",
    "PolicyRule",
    "Prepayment",
    "PrepaymentInvoicePayload",
    "PreviousOrder",
    "RefundMemoPayload",
    "RefundsClause",
    "ReminderFee",
    "ReplenishmentClause",
    "RetainerAgreementPayload",
    "RetainerClause",
    "RetainerClauses",
    "RetainerEffect",
    "RetainerEngagement",
    "RetainerRequest",
    "RetainerTerms",
    "ReturnClause",
    "Scope",
    "ScopeItem",
    "ScopePhase",
    "ServicesClauses",
    "ServicesContractPayload",
    "Settlement",
    "Signer",
    "StatementOfAccountPayload",
    "SuspensionClause",
    "TaxLine",
    "TerminationClause",
    "Timeline",
    "Totals",
]
