"""Who may do what: every role against every mutation and every query of the schema, as it should be, written out."""

import pytest

from tests.factories.api import Api
from tests.schema.documents import MUTATIONS, QUERIES, operation
from tests.schema.good_inputs import IN_ORDER, good_arguments, good_input
from tests.schema.played import ROLES, Played

OWNER = {"owner"}
STAFF = {"owner", "staff"}
WRITERS = {"owner", "staff", "assistant"}

MAY: dict[str, set[str]] = {
    # The practice itself, and who gets in.
    "updatePractice": OWNER,
    "addMember": OWNER,
    "deactivateMember": OWNER,
    "issueToken": OWNER,
    "revokeToken": OWNER,
    # Clients, papers, scope: everybody but the accountant.
    "createClient": WRITERS,
    "updateClient": WRITERS,
    "archiveClient": WRITERS,
    "addContact": WRITERS,
    "updateContact": WRITERS,
    "draftPolicies": WRITERS,
    "updatePolicyDraft": WRITERS,
    "addPolicyRule": WRITERS,
    "revisePolicyRule": WRITERS,
    "removePolicyRule": WRITERS,
    "sendPoliciesForSignOff": WRITERS,
    "voidEnvelope": WRITERS,
    "revokeSignerLink": WRITERS,
    "sendMessageAgain": WRITERS,
    "createEngagement": WRITERS,
    "updateEngagement": WRITERS,
    "importScope": WRITERS,
    "changeScopeDraft": WRITERS,
    "priceScopeItems": WRITERS,
    "setExpectations": WRITERS,
    "createChangeOrder": WRITERS,
    "reviseChangeOrder": WRITERS,
    "withdrawChangeOrder": WRITERS,
    "voidChangeOrder": WRITERS,
    "rebaseChangeOrder": WRITERS,
    "reissueChangeOrder": WRITERS,
    "supersedeChangeOrder": WRITERS,
    "acceptDeliverable": WRITERS,
    "recordProgress": WRITERS,
    "acknowledgeAlert": WRITERS,
    "editDunningNotice": WRITERS,
    "sendDunningNotice": WRITERS,
    "stopDunning": WRITERS,
    "resumeDunning": WRITERS,
    "serveSuspensionNotice": WRITERS,
    "draftExtension": WRITERS,
    "deliver": WRITERS,
    "rejectDeliverable": WRITERS,
    "withdrawDelivery": WRITERS,
    "revokeDeliveryLink": WRITERS,
    # What binds the practice, and money.
    "publishPolicies": STAFF,
    "sendContract": STAFF,
    "sendChangeOrder": STAFF,
    "recordCost": STAFF,
    "setAlertThresholds": STAFF,
    "requestDeposit": STAFF,
    "cancelRetainerRequest": STAFF,
    "recordDeposit": STAFF,
    "drawDown": STAFF,
    "openRetainer": STAFF,
    "requestTopUp": STAFF,
    "recordRetainerUse": STAFF,
    "transferRetainer": STAFF,
    "closeRetainer": STAFF,
    "draftInvoice": STAFF,
    "issueInvoice": STAFF,
    "discardInvoice": STAFF,
    "recordPayment": STAFF,
    "recordReceipt": STAFF,
    "recordExchangedPayment": STAFF,
    "allocatePayment": STAFF,
    "reversePayment": STAFF,
    "addBankAccount": STAFF,
    "updateBankAccount": STAFF,
    "importBankStatement": STAFF,
    "confirmBankMatch": STAFF,
    "undoBankMatch": STAFF,
    "rejectBankMatch": STAFF,
    "setBankLineAside": STAFF,
    "setBillingPlan": STAFF,
    "recordTime": WRITERS,
    "sellPackage": STAFF,
    "issueVoucher": STAFF,
    "openInvoiceSeries": OWNER,
    "releaseRetention": STAFF,
    "issueCreditNote": STAFF,
    "applyCredit": STAFF,
    "writeOffInvoice": STAFF,
    "reverseWriteOff": STAFF,
    "requestRefund": STAFF,
    "approveRefund": STAFF,
    "rejectRefund": STAFF,
    "settleRefund": STAFF,
    "retryRefund": STAFF,
    "setRefundLimit": OWNER,
    "claimKillFee": STAFF,
    "offsetKillFee": STAFF,
    "recordKillFeePayment": STAFF,
    "waiveKillFee": OWNER,
    "failRefund": STAFF,
    # The accountant's desk.
    "recordReconciliation": STAFF,
    "importOpeningBalances": OWNER,
    "recordOpeningPayment": STAFF,
    "closePeriod": STAFF,
    "reopenPeriod": OWNER,
    "chargeLateInterest": STAFF,
    "chargeFixedSum": STAFF,
    "recordLateChargePayment": STAFF,
    "addReferenceRate": STAFF,
    "suspendWork": STAFF,
    # What is let go, and how the practice speaks.
    "setDunningLadder": OWNER,
    "approveDunningNotice": OWNER,
    "waiveDunningNotice": OWNER,
    "waiveLateCharge": OWNER,
    "liftSuspension": OWNER,
}
"""Who may send each mutation. The accountant stands nowhere."""

MAY_READ: dict[str, set[str]] = {name: set(ROLES) for name in QUERIES}
"""Every member may read all of the practice."""
MAY_READ["apiTokens"] = OWNER
MAY_READ["auditTrail"] = {"owner", "accountant"}


def test_the_matrix_names_every_mutation() -> None:
    assert set(MAY) == set(MUTATIONS)


@pytest.mark.parametrize("role", ["assistant", "staff", "accountant"])
async def test_a_role_is_refused_all_that_is_not_its_business_and_nothing_changes(
    played: Played, role: str
) -> None:
    refused = [name for name in MUTATIONS if role not in MAY[name]]
    # What an input needs may have to be made first, so all of them come before the picture of what is there.
    inputs = {name: await good_input(played, name) for name in refused}
    before = await played.snapshot()
    answers = {}
    for name, given in inputs.items():
        data = await played.apis[role].ask(operation(MUTATIONS[name]), **given)
        answers[name] = [(error["code"], error["field"]) for error in data[name]["userErrors"]]
    assert answers == {name: [("FORBIDDEN", None)] for name in answers}
    assert await played.snapshot() == before


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reads_what_it_may(played: Played, role: str) -> None:
    codes = {}
    for name, named in QUERIES.items():
        body = (
            await played.apis[role].raw(operation(named, 2), **good_arguments(played, name))
        ).json()
        codes[name] = [error["extensions"]["code"] for error in body.get("errors", [])]
        if not codes[name]:
            assert body["data"][name] not in (None, [None]), name
    assert codes == {name: [] if role in MAY_READ[name] else ["FORBIDDEN"] for name in QUERIES}


async def test_nobody_gets_anything_without_a_token_or_with_a_wrong_one(played: Played) -> None:
    before = await played.snapshot()
    http = played.apis["owner"]._http
    for token in (None, "", "x", "sw_" + "A" * 86):
        api = Api(http, token)
        for name, named in {**QUERIES, **MUTATIONS}.items():
            given = (
                good_arguments(played, name) if name in QUERIES else await good_input(played, name)
            )
            body = (await api.raw(operation(named, 2), **given)).json()
            codes = [error["extensions"]["code"] for error in body.get("errors", [])]
            for value in (body.get("data") or {}).values():
                if value is not None:
                    codes += [error["code"] for error in value.pop("userErrors")]
                    value.pop("__typename")
                    assert not any(value.values()), name
            assert codes == ["UNAUTHENTICATED"], (token, name, body)
    assert await played.snapshot() == before


@pytest.mark.parametrize("role", ROLES)
async def test_the_accountant_alone_sees_no_link_to_sign_by(played: Played, role: str) -> None:
    data = await played.apis[role].ask(
        "query($id: ID!) { envelope(id: $id) { signers { party link } } }",
        id=played.ids["envelope unlinked"],
    )
    (link,) = [s["link"] for s in data["envelope"]["signers"] if s["party"] == "CLIENT"]
    assert (link is None) == (role == "accountant")


@pytest.mark.parametrize("role", ["client", "system"])
async def test_no_token_makes_a_client_or_the_worker(played: Played, role: str) -> None:
    given = await good_input(played, "addMember")
    given["input"]["role"] = role
    assert await played.apis["owner"].refusal(operation(MUTATIONS["addMember"]), **given) == (
        "ROLE",
        ["role"],
    )


async def test_every_good_input_is_good_for_the_least_role_that_may_send_it(
    played: Played,
) -> None:
    """The last test here, for it uses up what the others need. It shows that no refusal above was for another reason."""
    refused = {}
    for name in IN_ORDER:
        role = next(role for role in ("assistant", "staff", "owner") if role in MAY[name])
        data = await played.apis[role].ask(
            operation(MUTATIONS[name], 2), **await good_input(played, name)
        )
        if data[name]["userErrors"]:
            refused[name] = data[name]["userErrors"]
    assert refused == {}
