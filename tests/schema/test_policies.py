"""Policies, documents and envelopes over HTTP, up to the sign-off."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx

from services import documents, signing
from services.gateways.clock import FixedClock
from services.rules.signatures import CONSENT_VERSION
from tests.factories.api import Api, api_of
from tests.factories.clients import a_client
from tests.factories.practices import NOW, People, a_practice

DRAFT = """
mutation { draftPolicies(input: {title: "How we work", effectiveDate: "2026-04-01"}) {
  policyVersion { id number status version rules { code } documents { number } } userErrors { code } } }
"""
ADD_RULE = """
mutation ($id: ID!, $code: String! = "P-01") {
  addPolicyRule(input: {policyVersionId: $id, rule: {code: $code, category: RESPONSE_TIMES,
    titleEn: "Answers", titleDa: "Svar", textEn: "Within a day.", textDa: "Inden for et døgn."}}) {
    rule { id code category position } policyVersion { version } userErrors { code field } } }
"""
REVISE = """
mutation ($id: ID!) { revisePolicyRule(input: {ruleId: $id, rule: {code: "P-02", category: OTHER,
    titleEn: "A", titleDa: "B", textEn: "C", textDa: "D"}}) {
  rule { code category position } policyVersion { version } userErrors { code } } }
"""
REMOVE = """
mutation ($id: ID!) { removePolicyRule(input: {ruleId: $id}) { policyVersion { version rules { code } } userErrors { code } } }
"""
PUBLISH = """
mutation ($id: ID!, $version: Int!) { publishPolicies(input: {policyVersionId: $id, expectedVersion: $version}) {
  policyVersion { status publishedAt documents { id kind locale number version fileName previewHtml } }
  userErrors { code field currentVersion } } }
"""
SEND = """
mutation ($client: ID!) { sendPoliciesForSignOff(input: {clientId: $client}) {
  envelope { id status signers { id party status link } } userErrors { code field } } }
"""
ENVELOPE = """
query ($id: ID!) { envelope(id: $id) { status fingerprint reason client { name }
  document { id locale fingerprint downloadUrl sizeBytes client { name } }
  signers { name party status signedName link }
  events { sequence kind ip name fingerprint previousHash hash } verification { isIntact brokenAt reason } } }
"""
OUTSTANDING = "{ outstandingSignOffs { client { name } lastSignedNumber envelope { status } } }"


async def published(api: Api) -> Any:
    """A version with one rule, published; answers its id."""
    draft = (await api.ask(DRAFT))["draftPolicies"]["policyVersion"]
    added = (await api.ask(ADD_RULE, id=draft["id"]))["addPolicyRule"]
    await api.ask(PUBLISH, id=draft["id"], version=added["policyVersion"]["version"])
    return draft["id"]


async def sent(http: httpx.AsyncClient, people: People) -> tuple[Api, Any]:
    """Policies out for signature, and the envelope as the owner sees it."""
    api = await api_of(http, people.owner, people.owner)
    await a_client(people.owner)
    await published(api)
    clients = await api.ask("{ clients { nodes { id } } }")
    answer = await api.ask(SEND, client=clients["clients"]["nodes"][0]["id"])
    return api, answer["sendPoliciesForSignOff"]["envelope"]


async def test_a_draft_becomes_a_version_with_a_paper_in_both_languages(
    http: httpx.AsyncClient,
) -> None:
    people = await a_practice()
    api = await api_of(http, people.owner, people.staff)
    draft = (await api.ask(DRAFT))["draftPolicies"]["policyVersion"]
    assert draft | {"id": ""} == {
        "id": "", "number": 1, "status": "DRAFT", "version": 1, "rules": [], "documents": [],
    }  # fmt: skip
    first = (await api.ask(ADD_RULE, id=draft["id"]))["addPolicyRule"]
    assert (first["rule"]["category"], first["rule"]["position"]) == ("RESPONSE_TIMES", 1)
    assert await api.refusal(ADD_RULE, id=draft["id"]) == ("RULE_CODE_TAKEN", ["rule", "code"])
    second = (await api.ask(ADD_RULE, id=draft["id"], code="P-09"))["addPolicyRule"]["rule"]
    revised = (await api.ask(REVISE, id=second["id"]))["revisePolicyRule"]
    assert revised == {
        "rule": {"code": "P-02", "category": "OTHER", "position": 2},
        "policyVersion": {"version": 4},
        "userErrors": [],
    }
    removed = (await api.ask(REMOVE, id=second["id"]))["removePolicyRule"]
    assert removed["policyVersion"] == {"version": 5, "rules": [{"code": "P-01"}]}
    stale = (await api.ask(PUBLISH, id=draft["id"], version=4))["publishPolicies"]
    assert stale["userErrors"][0]["currentVersion"] == 5
    done = (await api.ask(PUBLISH, id=draft["id"], version=5))["publishPolicies"]["policyVersion"]
    assert (done["status"], done["publishedAt"]) == ("PUBLISHED", "2026-03-02T09:00:00Z")
    assert [(d["locale"], d["fileName"]) for d in done["documents"]] == [
        ("da", "policies-pp-v1-da.docx"),
        ("en", "policies-pp-v1-en.docx"),
    ]
    assert "Inden for et døgn." in done["documents"][0]["previewHtml"]
    assert await api.refusal(ADD_RULE, id=draft["id"], code="P-3") == (
        "POLICY_PUBLISHED",
        ["policyVersionId"],
    )
    listed = await api.ask("{ documents(kind: POLICIES) { totalCount nodes { locale } } }")
    assert listed["documents"]["totalCount"] == 2


async def test_a_client_signs_off_and_everybody_can_see_it(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    people = await a_practice()
    api, envelope = await sent(http, people)
    assert [(s["party"], s["status"]) for s in envelope["signers"]] == [
        ("PRACTICE", "SIGNED"),
        ("CLIENT", "PENDING"),
    ]
    waiting = (await api.ask(OUTSTANDING))["outstandingSignOffs"]
    assert waiting == [
        {"client": {"name": "Havn & Co"}, "lastSignedNumber": None, "envelope": {"status": "SENT"}}
    ]
    token = envelope["signers"][1]["link"].removeprefix("http://testserver/sign/")
    page = await signing.open_link(token, ip="192.0.2.1", user_agent="x", now=clock.now())
    await signing.sign(
        token,
        fingerprint=page.fingerprint,
        name="Søren",
        consent_version=CONSENT_VERSION,
        ip="192.0.2.1",
        user_agent="x",
        now=clock.now(),
    )
    seen = (await api.ask(ENVELOPE, id=envelope["id"]))["envelope"]
    assert (seen["status"], seen["client"]) == ("COMPLETED", {"name": "Havn & Co"})
    assert [(s["signedName"], s["status"]) for s in seen["signers"]] == [
        ("Freja Lund", "SIGNED"),
        ("Søren", "SIGNED"),
    ]
    assert [e["kind"] for e in seen["events"]] == ["SENT", "SIGNED", "VIEWED", "SIGNED", "COMPLETED"]  # fmt: skip
    assert seen["events"][0]["previousHash"] == seen["fingerprint"]
    assert seen["events"][3]["ip"] == "192.0.2.1"
    assert seen["verification"] == {"isIntact": True, "brokenAt": None, "reason": ""}
    file_token = seen["document"]["downloadUrl"].removeprefix("http://testserver/files/")
    content, _, _ = await documents.read_file(file_token, now=clock.now())
    assert hashlib.sha256(content).hexdigest() == seen["fingerprint"]
    assert len(content) == seen["document"]["sizeBytes"]
    verified = await api.ask(
        "query ($f: String!, $g: String!) { a: verifyDocument(fingerprint: $f) { status document { locale } } "
        "b: verifyDocument(fingerprint: $g) { status document { locale } } }",
        f=seen["fingerprint"],
        g="0" * 64,
    )
    assert verified == {
        "a": {"status": "INTACT", "document": {"locale": "da"}},
        "b": {"status": "UNKNOWN", "document": None},
    }
    assert (await api.ask(OUTSTANDING))["outstandingSignOffs"] == []
    clients = await api.ask("{ clients { nodes { id } } }")
    signed_off = await api.ask(
        """query ($id: ID!) { policySignOffs(clientId: $id) { signerName fingerprint signedBy { name }
             policyVersion { number signOffs { signerName } } envelope { status } document { kind } } }""",
        id=clients["clients"]["nodes"][0]["id"],
    )
    assert signed_off["policySignOffs"] == [
        {
            "signerName": "Søren",
            "fingerprint": seen["fingerprint"],
            "signedBy": {"name": "Søren <Å> O'Hara & Søn"},
            "policyVersion": {"number": 1, "signOffs": [{"signerName": "Søren"}]},
            "envelope": {"status": "COMPLETED"},
            "document": {"kind": "POLICIES"},
        }
    ]


async def test_a_signers_link_is_for_those_who_send(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    _, envelope = await sent(http, people)
    assistant = await api_of(http, people.owner, people.assistant)
    accountant = await api_of(http, people.owner, people.accountant)
    seen = (await assistant.ask(ENVELOPE, id=envelope["id"]))["envelope"]["signers"]
    assert [bool(s["link"]) for s in seen] == [False, True]
    blind = (await accountant.ask(ENVELOPE, id=envelope["id"]))["envelope"]["signers"]
    assert [s["link"] for s in blind] == [None, None]


async def test_an_envelope_is_voided_and_a_link_replaced(http: httpx.AsyncClient) -> None:
    people = await a_practice()
    api, envelope = await sent(http, people)
    signer = envelope["signers"][1]
    replace = (
        "mutation ($id: ID!) { revokeSignerLink(input: {signerId: $id}) "
        "{ signer { link status } userErrors { code field } } }"
    )
    renewed = (await api.ask(replace, id=signer["id"]))["revokeSignerLink"]["signer"]
    assert renewed["link"] != signer["link"]
    void = (
        'mutation ($id: ID!) { voidEnvelope(input: {envelopeId: $id, reason: "Typo"}) '
        "{ envelope { status reason } userErrors { code field } } }"
    )
    done = (await api.ask(void, id=envelope["id"]))["voidEnvelope"]["envelope"]
    assert done == {"status": "VOIDED", "reason": "Typo"}
    assert await api.refusal(void, id=envelope["id"]) == ("ENVELOPE_CLOSED", None)
    assert await api.refusal(replace, id=signer["id"]) == ("ENVELOPE_CLOSED", ["signerId"])


async def test_an_envelope_past_its_end_counts_as_expired(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    people = await a_practice()
    _, envelope = await sent(http, people)
    clock.set(NOW + timedelta(days=14))
    api = await api_of(http, people.owner, people.owner)
    query = (
        "query ($s: EnvelopeStatus) { envelopes(status: $s) { totalCount nodes { id status } } }"
    )
    assert (await api.ask(query, s="EXPIRED"))["envelopes"] == {
        "totalCount": 1,
        "nodes": [{"id": envelope["id"], "status": "EXPIRED"}],
    }
    assert (await api.ask(query, s="SENT"))["envelopes"]["totalCount"] == 0


async def test_another_practices_papers_answer_like_missing_ones(http: httpx.AsyncClient) -> None:
    ours, theirs = await a_practice(), await a_practice("Sydlys")
    other, envelope = await sent(http, theirs)
    mine = await api_of(http, ours.owner, ours.owner)
    ids = [envelope["id"], envelope["signers"][1]["id"]]
    seen = (await other.ask(ENVELOPE, id=envelope["id"]))["envelope"]
    ids.append(seen["document"]["id"])
    versions = await other.ask("{ policyVersions { id rules { id } } }")
    ids += [versions["policyVersions"][0]["id"], versions["policyVersions"][0]["rules"][0]["id"]]
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await other.ask(nodes, ids=ids))["nodes"] == [{"id": value} for value in ids]
    assert (await mine.ask(nodes, ids=ids))["nodes"] == [None] * 5
    assert (await mine.ask(ENVELOPE, id=envelope["id"]))["envelope"] is None
    for text, value in (
        ('mutation ($id: ID!) { voidEnvelope(input: {envelopeId: $id, reason: "x"}) { userErrors { code field } } }', ids[0]),
        ("mutation ($id: ID!) { revokeSignerLink(input: {signerId: $id}) { userErrors { code field } } }", ids[1]),
        (ADD_RULE, ids[3]),
        (REVISE, ids[4]),
        (REMOVE, ids[4]),
    ):  # fmt: skip
        data = await mine.ask(text, id=value)
        (payload,) = data.values()
        assert payload["userErrors"][0]["code"] == "NOT_FOUND"
    assert await mine.refusal(PUBLISH.replace(" currentVersion", ""), id=ids[3], version=2) == (
        "NOT_FOUND",
        ["policyVersionId"],
    )
    assert (await other.ask(ENVELOPE, id=envelope["id"]))["envelope"] | {"document": 0} == (
        seen | {"document": 0}
    )
