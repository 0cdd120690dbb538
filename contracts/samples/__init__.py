"""Full sample data for every kind and language: a web designer in Aarhus and a furniture maker.

People, firms, registration and account numbers are invented. The figures hang together across the
kinds: the change order changes the services contract, and the refund memo settles both.
"""

import copy
from collections.abc import Callable
from typing import Any

from contracts.payloads import Kind, Locale
from contracts.samples.contract import services_contract
from contracts.samples.money import (
    change_order,
    prepayment_invoice,
    refund_memo,
    retainer_agreement,
)
from contracts.samples.policies import policies
from contracts.samples.statement import statement_of_account

_SAMPLES: dict[str, Callable[[Locale], Any]] = {
    "services_contract": services_contract,
    "change_order": change_order,
    "policies": policies,
    "retainer_agreement": retainer_agreement,
    "prepayment_invoice": prepayment_invoice,
    "refund_memo": refund_memo,
    "statement_of_account": statement_of_account,
}


def sample(kind: Kind, locale: Locale) -> dict[str, Any]:
    """A payload of the kind with every optional part in it; yours to change."""
    payload: dict[str, Any] = copy.deepcopy(_SAMPLES[kind](locale))
    return payload
