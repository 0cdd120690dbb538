"""Query and Mutation, put together from the domains, and the schema that is served.

To add a domain: write `schema/<domain>.py` with a `…Query` and a `…Mutation` class, and name them here.
"""

from strawberry.printer import print_schema
from strawberry.tools import merge_types

from schema.acceptances import Acceptance, AcceptanceMutation, Delivery
from schema.alerts import Alert, AlertMutation, AlertQuery
from schema.bank_statements import (
    BankAccount,
    BankLine,
    BankMutation,
    BankQuery,
    BankStatement,
)
from schema.books import BooksMutation, BooksQuery
from schema.calendars import CalendarQuery
from schema.change_orders import (
    ChangeOrder,
    ChangeOrderMutation,
    ChangeOrderQuery,
    ChangePreviewQuery,
)
from schema.clients import Client, ClientMutation, ClientQuery, Contact
from schema.credit_notes import (
    CreditNote,
    CreditNoteMutation,
    CreditNoteQuery,
    WriteOff,
)
from schema.documents import Document, DocumentQuery
from schema.dunning import DunningMutation, DunningNotice, DunningQuery, LateCharge
from schema.engagements import (
    Engagement,
    EngagementMutation,
    EngagementQuery,
    ServicesContract,
)
from schema.engine import Observe, Schema, build_schema
from schema.envelopes import Envelope, EnvelopeMutation, EnvelopeQuery, EnvelopeSigner
from schema.invoices import (
    BillingMutation,
    BillingQuery,
    BillingStage,
    DiscountVoucher,
    Invoice,
    InvoiceMutation,
    InvoiceQuery,
    InvoiceSeries,
    PackageSale,
    TimeEntry,
)
from schema.kill_fees import KillFee, KillFeeMutation, KillFeeQuery
from schema.outbox import OutboxMessage, OutboxMutation, OutboxQuery
from schema.payments import Payment, PaymentQuery
from schema.payments.changes import PaymentMutation
from schema.policies import PolicyMutation, PolicyQuery, PolicyRule, PolicySignOff, PolicyVersion
from schema.practices import Member, Practice, PracticeMutation, PracticeQuery
from schema.progress import CostEntry, ProgressEntry, ProgressMutation, ProgressQuery
from schema.refund_limits import RefundLimitMutation, RefundLimitQuery
from schema.refunds import Refund, RefundMutation, RefundQuery
from schema.relay import NodeQuery
from schema.reports import ReportQuery
from schema.retainers import (
    Drawdown,
    Retainer,
    RetainerDeposit,
    RetainerEarning,
    RetainerMutation,
    RetainerQuery,
    RetainerRequest,
    RetainerTransfer,
)
from schema.scopes import ScopeVersion
from schema.scopes.changes import ScopeMutation, ScopeQuery
from schema.scopes.differences import ScopeDiffQuery
from schema.suspensions import Suspension, SuspensionMutation, SuspensionQuery

Query = merge_types(
    "Query",
    (
        NodeQuery,
        PracticeQuery,
        ClientQuery,
        PolicyQuery,
        DocumentQuery,
        EnvelopeQuery,
        OutboxQuery,
        EngagementQuery,
        ScopeQuery,
        ScopeDiffQuery,
        CalendarQuery,
        ChangeOrderQuery,
        ChangePreviewQuery,
        ProgressQuery,
        AlertQuery,
        RetainerQuery,
        InvoiceQuery,
        BillingQuery,
        CreditNoteQuery,
        PaymentQuery,
        BankQuery,
        RefundQuery,
        RefundLimitQuery,
        KillFeeQuery,
        DunningQuery,
        SuspensionQuery,
        ReportQuery,
        BooksQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        PracticeMutation,
        ClientMutation,
        PolicyMutation,
        EnvelopeMutation,
        OutboxMutation,
        EngagementMutation,
        ScopeMutation,
        ChangeOrderMutation,
        AcceptanceMutation,
        ProgressMutation,
        AlertMutation,
        RetainerMutation,
        InvoiceMutation,
        BillingMutation,
        CreditNoteMutation,
        PaymentMutation,
        BankMutation,
        RefundMutation,
        RefundLimitMutation,
        KillFeeMutation,
        BooksMutation,
        DunningMutation,
        SuspensionMutation,
    ),
)

NODES: tuple[type, ...] = (
    Practice, Member, Client, Contact, PolicyVersion, PolicyRule, PolicySignOff, Document, Envelope, EnvelopeSigner,
    OutboxMessage, Engagement, ServicesContract, ScopeVersion, ChangeOrder, Acceptance, Delivery, Retainer,
    RetainerRequest, RetainerDeposit, RetainerEarning, RetainerTransfer, Drawdown, Invoice, Payment, BankAccount, BankStatement,
    BankLine, Refund, KillFee, ProgressEntry, CostEntry, Alert, BillingStage, TimeEntry, PackageSale, DiscountVoucher, InvoiceSeries,
    CreditNote, WriteOff, DunningNotice, LateCharge, Suspension,
)  # fmt: skip
"""Types that are only reachable through `node`."""


def served_schema(*, production: bool = False, observe: Observe | None = None) -> Schema:
    """The whole schema; `observe` is told of every operation."""
    return build_schema(Query, Mutation, types=NODES, production=production, observe=observe)


def sdl() -> str:
    """The schema in the schema definition language, as `schema.graphql` holds it."""
    return print_schema(served_schema()) + "\n"
