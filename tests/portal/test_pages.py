"""The signing page over HTTP: what it shows, what it takes, what it refuses, and what it never lets out."""

import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from db.queries import policies as policy_queries
from db.unit_of_work import read_only
from services import envelopes, links, signing
from services.gateways.clock import FixedClock
from services.gateways.telemetry.logs import configure_logging
from services.rules.errors import Stale
from services.rules.signatures import CONSENT_VERSION, consent_text
from tests.factories.clients import link_of
from tests.factories.practices import NOW
from tests.portal.papers import Paper, policies_out, sample_out

DANISH = {"accept-language": "da-DK,da;q=0.9"}


async def post(http: httpx.AsyncClient, paper: Paper, **change: str) -> httpx.Response:
    """Send the form of the page, filled in, but for the changes."""
    form = {
        "act": "sign",
        "fingerprint": paper.fingerprint,
        "consent_version": CONSENT_VERSION,
        "consent": "yes",
        "name": "Søren O'Hara",
    }
    filled = {key: value for key, value in {**form, **change}.items() if value != "absent"}
    return await http.post(paper.path, data=filled)


async def sign_offs(paper: Paper) -> int:
    """How often the client has signed the policies off."""
    async with read_only(paper.people.owner.scope()) as uow:
        return len(await policy_queries.sign_offs(uow))


def words(response: httpx.Response) -> str:
    """The text of a page without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text)))


async def test_the_page_shows_the_paper_its_fingerprint_and_who_signs(
    http: httpx.AsyncClient,
) -> None:
    paper = await policies_out()
    page = await http.get(paper.path)
    assert page.status_code == 200
    assert '<html lang="da">' in page.text
    assert "<title>Retningslinjer og procedurer PP · Nordlys Studio</title>" in page.text
    shown = words(page)
    for expected in (
        "Kære Søren <Å> O'Hara & Søn",
        "inden den 16. marts 2026.",
        "En faktura forfalder otte dage efter sin dato.",
        paper.fingerprint,
        "Freja Lund for Nordlys Studio underskrev den 2. marts 2026 kl. 10.00 CET",
        "for Havn & Co har ikke underskrevet endnu",
        consent_text("da"),
        "Acceptér retningslinjerne",
    ):
        assert expected in shown
    assert await paper.state() == ("viewed", ["sent", "signed", "viewed"])


async def test_signing_makes_the_sign_off_and_thanks(http: httpx.AsyncClient) -> None:
    paper = await policies_out(locale="en")
    answer = await post(http, paper)
    assert (answer.status_code, answer.headers["location"]) == (303, paper.path)
    assert await sign_offs(paper) == 1
    page = await http.get(paper.path)
    assert "Signed by everyone. Thank you" in page.text
    assert "Søren O&#39;Hara" in page.text
    assert "<form" not in page.text
    assert (await paper.state())[0] == "completed"


async def test_declining_takes_the_reason_to_the_practice(http: httpx.AsyncClient) -> None:
    paper = await policies_out()
    answer = await post(http, paper, act="decline", reason="For strengt.\r\n<b>Desværre</b>")
    assert answer.status_code == 303
    page = await http.get(paper.path)
    assert "Dokumentet blev afvist med disse ord: For strengt." in page.text
    assert "&lt;b&gt;Desværre&lt;/b&gt;" in page.text
    assert "<form" not in page.text
    assert (await paper.state())[0] == "declined"
    assert await sign_offs(paper) == 0


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        pytest.param({"consent": "absent"}, "consent", "Please tick the box", id="no consent"),
        pytest.param({"name": "  "}, "name", "Please fill this in.", id="no name"),
        pytest.param({"name": "absent"}, "name", "Please fill this in.", id="name not sent"),
        pytest.param({"name": "a\u202eb"}, "name", "cannot be printed", id="turned around"),
        pytest.param({"name": "a\x00b"}, "name", "cannot be printed", id="NUL"),
        pytest.param({"name": "x" * 201}, "name", "too long", id="long name"),
        pytest.param(
            {"act": "decline", "reason": "x" * 1001}, "reason", "too long", id="long reason"
        ),
    ],
)
async def test_what_is_missing_is_told_at_its_field_and_the_rest_is_kept(
    http: httpx.AsyncClient, change: dict[str, str], field: str, message: str
) -> None:
    paper = await policies_out(locale="en")
    page = await post(http, paper, **change)
    assert page.status_code == 422
    assert "<title>Please check: " in page.text
    told = re.search(rf'id="{field}-wrong">([^<]*)<', page.text)
    assert told is not None
    assert message in told[1]
    assert f'<a href="#{field}">' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    if field != "name":
        assert "Søren O&#39;Hara" in page.text
    if field == "reason":
        assert "x" * 1001 in page.text
        assert "<details open>" in page.text
    assert (' value="yes" required checked' in page.text) == (field != "consent")
    assert (await paper.state())[0] == "viewed"
    assert await sign_offs(paper) == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"fingerprint": "0" * 64}, 409, id="another file"),
        pytest.param({"fingerprint": "nonsense"}, 422, id="no fingerprint"),
        pytest.param({"consent_version": "1999-01"}, 422, id="another consent"),
        pytest.param({"act": "absent"}, 422, id="neither yes nor no"),
        pytest.param({"act": "void"}, 422, id="what only the practice may do"),
    ],
)
async def test_a_form_that_was_tampered_with_signs_nothing(
    http: httpx.AsyncClient, change: dict[str, str], status: int
) -> None:
    paper = await policies_out()
    page = await post(http, paper, **change)
    assert page.status_code == status
    assert 'role="alert"' in page.text
    assert f'name="fingerprint" value="{paper.fingerprint}"' in page.text
    assert (await paper.state())[1].count("signed") == 1
    assert await sign_offs(paper) == 0


async def test_figures_that_moved_are_told_and_have_to_be_agreed_to_anew(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = await policies_out()

    async def refuse(uow: object, **details: object) -> None:
        raise Stale("The scope moved meanwhile.", code="STALE_BASE")

    outcome = signing.Outcome(refuse, refuse)
    monkeypatch.setitem(signing.OUTCOMES, "policies", outcome)
    page = await post(http, paper)
    assert page.status_code == 409
    assert "tallene her gælder ikke længere" in page.text
    assert "required checked" not in page.text
    assert await sign_offs(paper) == 0


async def test_signing_again_answers_calmly(http: httpx.AsyncClient) -> None:
    paper = await policies_out()
    await post(http, paper)
    before = await paper.state()
    for change in ({}, {"name": "Somebody else"}, {"name": ""}, {"consent": "absent"}):
        assert (await post(http, paper, **change)).status_code == 303
    assert await paper.state() == before
    refused = await post(http, paper, act="decline", reason="Too late")
    assert refused.status_code == 409
    assert "Alle har underskrevet." in refused.text
    assert await paper.state() == before


async def test_declining_again_answers_calmly_and_signing_then_is_too_late(
    http: httpx.AsyncClient,
) -> None:
    paper = await policies_out()
    await post(http, paper, act="decline", reason="Nej")
    before = await paper.state()
    assert (await post(http, paper, act="decline", reason="Nej")).status_code == 303
    page = await post(http, paper)
    assert page.status_code == 409
    assert "Dokumentet blev afvist" in page.text
    assert await paper.state() == before


async def test_an_envelope_that_ran_out_can_be_read_but_not_signed(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    paper = await policies_out()
    clock.set(NOW + timedelta(days=14))
    late = await post(http, paper)
    assert late.status_code == 409
    for page in (late, await http.get(paper.path)):
        assert "Fristen for underskrift udløb den 16. marts 2026." in page.text
        assert "Den, der kommer ti minutter for sent" in page.text
        assert "<form" not in page.text
    assert (await paper.state())[0] == "expired"


async def test_an_envelope_that_was_withdrawn_says_so(http: httpx.AsyncClient) -> None:
    paper = await policies_out(locale="en")
    await signing.void(paper.people.owner, paper.envelope_id, reason="Our own affair", now=NOW)
    for page in (await http.get(paper.path), await post(http, paper)):
        assert "Nordlys Studio has withdrawn this document." in page.text
        assert "Our own affair" not in page.text
        assert "<form" not in page.text
    assert await sign_offs(paper) == 0


async def test_a_revoked_link_is_gone_and_the_new_one_works(http: httpx.AsyncClient) -> None:
    paper = await policies_out()
    await envelopes.revoke_link(paper.people.assistant, paper.signer_id, now=NOW)
    for answer in (await http.get(paper.path), await post(http, paper)):
        assert answer.status_code == 404
    new = link_of(paper.people.owner, paper.signer_id, 2)
    assert (await http.get(f"/sign/{new}")).status_code == 200
    assert await sign_offs(paper) == 0


@pytest.mark.parametrize(
    "token",
    ["", "abc", "a/b", "..%2fgraphql", "%00", "%0a", "é" * 80, "A" * 86, "A" * 9000, "{token}"],
)
async def test_a_made_up_link_meets_a_page_in_the_browsers_language(
    http: httpx.AsyncClient, token: str
) -> None:
    for path in (f"/sign/{token}", f"/files/{token}"):
        danish = await http.get(path, headers=DANISH)
        assert danish.status_code == 404
        assert '<html lang="da">' in danish.text
        assert "Linket virker ikke" in danish.text
        english = await http.get(path)
        assert english.status_code == 404
        assert "This link does not work" in english.text
    assert (await http.post(f"/sign/{token}", data={"act": "sign"})).status_code == 404


async def test_a_form_that_is_too_large_is_refused_before_it_is_read(
    http: httpx.AsyncClient,
) -> None:
    paper = await policies_out()
    sent = 0

    async def flood() -> Any:
        nonlocal sent
        for _ in range(10_000):
            sent += 1024
            yield b"x" * 1024

    answer = await http.post(paper.path, content=flood(), headers=DANISH)
    assert answer.status_code == 413
    assert "Det afsendte er for stort." in answer.text
    assert sent < 100 * 1024
    many = "&".join(f"f{n}=1" for n in range(100))
    assert (await http.post(paper.path, content=many)).status_code == 413
    assert (await paper.state())[0] == "sent"


async def test_asking_whether_a_link_works_does_not_count_as_reading(
    http: httpx.AsyncClient,
) -> None:
    paper = await policies_out()
    head = await http.head(paper.path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/html; charset=utf-8"
    assert await paper.state() == ("sent", ["sent", "signed"])
    assert (await http.head("/sign/abc")).status_code == 404
    for path in ("/", "/static/portal.css"):
        assert (await http.head(path)).status_code == 200


async def test_the_file_is_byte_for_byte_what_the_fingerprint_says(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    paper = await policies_out()
    page = await http.get(paper.path)
    link = re.search(r'href="(/files/[^"]+)"', page.text)
    shown = re.search(r'id="fingerprint">([0-9a-f]{64})<', page.text)
    assert link is not None
    assert shown is not None
    file = await http.get(link[1])
    assert hashlib.sha256(file.content).hexdigest() == shown[1] == paper.fingerprint
    assert file.headers["content-disposition"] == 'attachment; filename="policies-pp-v1-da.docx"'
    assert file.headers["content-type"].endswith("wordprocessingml.document")
    assert file.headers["etag"] == f'"{paper.fingerprint}"'
    assert int((await http.head(link[1])).headers["content-length"]) == len(file.content)
    clock.set(NOW + links.FILE_LINK_LASTS)
    assert (await http.get(link[1])).status_code == 404
    # The page itself hands out a fresh link.
    again = re.search(r'href="(/files/[^"]+)"', (await http.get(paper.path)).text)
    assert again is not None
    assert (await http.get(again[1])).content == file.content


async def test_every_page_keeps_out_what_is_not_ours(http: httpx.AsyncClient) -> None:
    paper = await policies_out()
    file = re.search(r'href="(/files/[^"]+)"', (await http.get(paper.path)).text)
    assert file is not None
    for response in (
        await http.get(paper.path),
        await post(http, paper, name=""),
        await http.get("/sign/abc"),
        await http.get(file[1]),
        await http.get("/"),
        await http.head(paper.path),
        await post(http, paper),
    ):
        headers = response.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        policy = headers["content-security-policy"]
        for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "set-cookie" not in headers
        assert not re.search(r"<script|\sstyle=|\son\w+=", response.text)


async def test_names_cannot_write_markup(http: httpx.AsyncClient) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7*7 }} שלום"
    paper = await policies_out(client=evil[:90], practice=evil[:80], locale="en")
    page = await http.get(paper.path)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "{{ 7*7 }}" in page.text
    typed = await post(http, paper, name='"><script>x</script>', consent="absent")
    assert 'value="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"' in typed.text


@pytest.mark.parametrize("locale", ["en", "da"])
@pytest.mark.parametrize("kind", ["services_contract", "change_order", "retainer_agreement"])
async def test_every_paper_that_is_signed_has_its_own_words_on_the_button(
    http: httpx.AsyncClient, kind: Any, locale: Any
) -> None:
    from portal.texts import TEXTS

    page = await http.get((await sample_out(kind, locale)).path)
    assert TEXTS[locale][kind] in page.text
    assert f">{TEXTS[locale][f'act_{kind}']}</button>" in page.text
    assert page.text.count('<table class="ruled">') == page.text.count('<div class="wide"')
    assert page.text.count("<div") == page.text.count("</div>")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the smallest, as text."""
    import logging

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(format="json", level="DEBUG", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("crashes", [False, True])
async def test_no_line_of_the_log_holds_a_link(
    http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    lines: io.StringIO,
    crashes: bool,
) -> None:
    paper = await policies_out()
    file = re.search(r'href="/files/([^"]+)"', (await http.get(paper.path)).text)
    assert file is not None
    if crashes:

        async def crash(token: str, **rest: object) -> None:
            raise RuntimeError(f"could not open {links.sign_url(token)} nor /files/{token}")

        monkeypatch.setattr(signing, "open_link", crash)
    page = await http.get(paper.path, headers=DANISH)
    await post(http, paper, name="")
    await post(http, paper)
    await http.get(f"/files/{file[1]}")
    await http.get(f"/sign/{paper.token}x")
    await http.put(paper.path)
    logged = lines.getvalue()
    assert '"path": "/sign/*"' in logged
    assert paper.token not in logged
    assert paper.token[:40] not in logged
    assert file[1] not in logged
    assert page.status_code == (500 if crashes else 200)
    if crashes:
        number = re.search(r"sendte dig linket: ([0-9a-f]{32})", page.text)
        assert number is not None
        assert number[1] in logged
        assert "RuntimeError" not in page.text


async def test_the_start_page_shows_the_doors(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    doors = re.findall(r'<a href="([^"]+)"', page.text)
    assert doors == ["/graphql", "/schema.graphql", "/readyz", "/healthz"]
    for door in doors:
        assert (await http.get(door, headers={"accept": "text/html,*/*"})).status_code == 200
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert (await http.get(asset)).status_code == 200
