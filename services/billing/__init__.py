"""What is billed besides accepted items, and what is taken off.

The model: a source is recorded by itself (a stage of the plan, hours, a package sold) and is billed once, by a line of an invoice
(`services.invoices`). None of them lets unsigned work be billed: stages are parts of the signed fee, hours are worked on an item
that the signed scope prices by the hour, a package is bought by the client's word. A voucher is a discount on work to come.
"""

from services.billing.packages import PackageDetails, sell_package
from services.billing.plans import StageDetails, set_billing_plan
from services.billing.series import open_series
from services.billing.times import record_time
from services.billing.vouchers import issue_voucher

__all__ = [
    "PackageDetails",
    "StageDetails",
    "issue_voucher",
    "open_series",
    "record_time",
    "sell_package",
    "set_billing_plan",
]
