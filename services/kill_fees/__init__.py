"""The kill fee of an engagement: what ending it early costs, claimed, taken out of the retainer, paid and waived.

The model: `standing` says what is earned and paid of the fee as of a date, and `explained` what the clause makes of it; the
change order's preview and the entitlement use the same two. A claim books it once, when the contract has ended (Dr receivable / Cr
kill fees, without tax; `services.rules.kill_fees` says why). What becomes of it are entries of their own, and their sum is capped by
the row: taken out of the engagement's retainer (Dr retainer liability / Cr receivable), paid (Dr bank), or waived by the owner (Dr
kill fees).

What this package does not do: end the contract, and decide whether the client owes a kill fee at all. It is owed where the client
gave notice, and not where the practice did, or was in breach.
"""

from services.kill_fees.claims import claim_kill_fee, preview_kill_fee
from services.kill_fees.entries import offset_kill_fee, record_kill_fee_payment, waive_kill_fee
from services.kill_fees.standings import (
    FeeStanding,
    ProposedKillFee,
    WorkDone,
    explained,
    is_owed,
    settled_of_fee,
    standing,
    work_not_invoiced,
)

__all__ = [
    "FeeStanding",
    "ProposedKillFee",
    "WorkDone",
    "claim_kill_fee",
    "explained",
    "is_owed",
    "offset_kill_fee",
    "preview_kill_fee",
    "record_kill_fee_payment",
    "settled_of_fee",
    "standing",
    "waive_kill_fee",
    "work_not_invoiced",
]
