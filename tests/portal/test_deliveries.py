"""The delivery's page over HTTP and in a browser: what it shows, what it takes, and what never acts."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser

from db.queries import acceptances as queries
from db.unit_of_work import read_only
from portal.texts import TEXTS
from services import acceptances, clients, links
from services.acceptances.handovers import LINK_OUTLIVES_TEST
from services.gateways.clock import FixedClock
from services.sweep import sweep
from tests.factories.clients import a_client
from tests.factories.deliveries import (
    ENDS,
    HANDED_OVER,
    SECOND,
    delivered,
    delivery_row,
    page_token,
    recipient_rows,
    states_of,
)
from tests.factories.engagements import (
    SMALL_PLAN,
    Case,
    a_signed_engagement,
    an_engagement,
)
from tests.left_out import node_packages
from tests.portal.reach import codes_reached_from
from tests.portal.test_texts import NOT_FOUND_PAGE

DANISH = {"accept-language": "da-DK,da;q=0.9"}
PHONE = {"width": 360, "height": 740}


async def the_page(case: Case, *item_keys: str, **changes: Any) -> tuple[str, list[UUID]]:
    """The path of the client's page, and the deliveries on it."""
    ids = await delivered(case, *item_keys, **changes)
    return f"/deliveries/{await page_token(case, ids[0])}", ids


async def in_english() -> Case:
    """A signed engagement whose client reads English."""
    from tests.factories.practices import a_practice

    people = await a_practice()
    client = await a_client(people.owner, locale="en")
    case = await an_engagement(people, client)
    return await signed(case)


async def signed(case: Case) -> Case:
    """The small scope imported, sent and signed."""
    import json
    from dataclasses import replace

    from services import scopes, services_contracts
    from tests.factories.engagements import TODAY, sign_subject
    from tests.factories.practices import NOW

    await scopes.import_scope(
        case.actor,
        case.engagement_id,
        text=json.dumps(SMALL_PLAN),
        file_format="json",
        expected_version=1,
        now=NOW,
    )
    contract_id = await services_contracts.send_contract(
        case.actor,
        case.engagement_id,
        expected_version=2,
        idempotency_key=case.key(),
        now=NOW,
        today=TODAY,
    )
    await sign_subject(case.actor, "services_contract", contract_id)
    return replace(case, contract_id=contract_id)


async def acceptance(case: Case, item_key: str = "design") -> Any:
    async with read_only(case.actor.scope()) as uow:
        return await queries.acceptance_of(uow, case.engagement_id, item_key)


async def rejection(case: Case, delivery_id: UUID) -> Any:
    async with read_only(case.actor.scope()) as uow:
        return next(iter(await queries.rejections_of(uow, [delivery_id])), None)


def words(response: httpx.Response) -> str:
    """The text of a page without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text)))


async def test_the_page_shows_what_was_handed_over_and_until_when(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    path, (design, _) = await the_page(case, "design", "build", note="På testserveren.\nNøgle: 7")
    page = await http.get(path)
    assert page.status_code == 200
    assert '<html lang="da">' in page.text
    shown = words(page)
    clause = (await delivery_row(case, design))["clause"]
    for expected in (
        "Levering: New website 2026-001",
        "Kære Søren <Å> O'Hara & Søn",
        "Nordlys Studio afleverede dette den 2. marts 2026. Afprøv det venligst til og med den 16. marts 2026",
        f"anses for godkendt dagen efter, jf. punkt {clause} i kontrakten",
        "På testserveren. Nøgle: 7",
        "Drawings of every page",
        "The board has approved them",
        "Hvor er dette ikke opfyldt? »The board has approved them«",
        "Godkend design",
        "Afvis build",
        "Der er ikke aftalt kriterier for denne ydelse.",
    ):
        assert expected in shown, expected
    assert page.text.count("<form") == 4
    assert page.text.count("<div") == page.text.count("</div>")


async def test_looking_says_nothing_on_the_clients_behalf(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    path, (design,) = await the_page(case)
    for method in ("GET", "HEAD", "GET"):
        answer = await http.request(method, f"{path}?act=accept&delivery={design}&tested=yes")
        assert answer.status_code == 200
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await http.request(method, path)).status_code == 405
    assert (await delivery_row(case, design))["status"] == "in_test"
    assert await acceptance(case) is None


async def test_accepting_ends_it_and_a_second_click_is_calm(http: httpx.AsyncClient) -> None:
    case = await in_english()
    path, (design,) = await the_page(case)
    form = {"act": "accept", "delivery": str(design), "tested": "yes"}
    for _ in range(2):
        answer = await http.post(path, data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    row = await acceptance(case)
    assert (row["kind"], row["contact_id"], row["delivery_id"], row["member_id"]) == (
        "given", case.client.signer_id, design, None,
    )  # fmt: skip
    page = await http.get(path)
    assert "Accepted on 2 March 2026. Thank you." in page.text
    assert "Everything here is answered." in page.text
    assert "<form" not in page.text
    late = await http.post(
        path, data={"act": "reject", "delivery": str(design), "criterion-1": "no"}
    )
    assert late.status_code == 409
    assert "This is accepted already." in late.text
    assert await rejection(case, design) is None


async def test_rejecting_keeps_each_criterions_words_and_says_what_follows(
    http: httpx.AsyncClient,
) -> None:
    case = await in_english()
    path, (design, build) = await the_page(case, "design", "build")
    form = {
        "act": "reject",
        "delivery": str(design),
        "criterion-1": "Page 3 is missing.\r\n<b>All of it</b>",
        "text": "And the fonts.",
    }
    for _ in range(2):
        assert (await http.post(path, data=form)).status_code == 303
    row = await rejection(case, design)
    assert (row["contact_id"], row["text"], row["is_final"]) == (
        case.client.signer_id, "And the fonts.", False,
    )  # fmt: skip
    page = await http.get(path)
    assert "Rejected on 2 March 2026. Nordlys Studio corrects it" in page.text
    assert "Page 3 is missing.\n&lt;b&gt;All of it&lt;/b&gt;" in page.text
    # The other item waits still.
    assert page.text.count("<form") == 2
    without = {"act": "reject", "delivery": str(build), "text": "It does not start."}
    assert (await http.post(path, data=without)).status_code == 303
    assert (await states_of(case))["build"] == "rejected"


@pytest.mark.parametrize(
    ("change", "status", "field", "message"),
    [
        ({"tested": ""}, 422, "tested-1", "Please tick the box"),
        ({"act": "reject"}, 422, "criterion-1-1", "which criterion is not met"),
        ({"act": "reject", "text": "Ugly"}, 422, "criterion-1-1", "which criterion is not met"),
        ({"act": "reject", "criterion-1": "a\x00b"}, 422, "criterion-1-1", "cannot be printed"),
        ({"act": "reject", "criterion-1": "x" * 2001}, 422, "criterion-1-1", "too long"),
        ({"act": "reject", "criterion-1": "x", "text": "y" * 4001}, 422, "text-1", "too long"),
        ({"act": ""}, 422, "item-1", "cannot be done"),
        ({"act": "void"}, 422, "item-1", "cannot be done"),
        ({"delivery": "nonsense"}, 422, None, "cannot be done"),
        ({"delivery": str(UUID(int=7))}, 422, None, "cannot be done"),
    ],
)
async def test_what_is_missing_is_told_at_its_field_and_the_rest_is_kept(
    http: httpx.AsyncClient, change: dict[str, str], status: int, field: str | None, message: str
) -> None:
    case = await in_english()
    path, (design,) = await the_page(case)
    form = {"act": "accept", "delivery": str(design), "tested": "yes"} | change
    page = await http.post(path, data=form)
    assert page.status_code == status
    assert "<title>Please check: " in page.text
    alert = re.search(r'role="alert".*?</div>', page.text, re.DOTALL)
    assert alert is not None
    assert message in alert[0]
    if field is not None:
        assert f'<a href="#{field}">' in alert[0]
        assert f'id="{field}"' in page.text
    assert page.text.count('aria-invalid="true"') == (1 if field and field != "item-1" else 0)
    assert ("<details open>" in page.text) == (change.get("act") == "reject")
    if "text" in change:
        assert f">{change['text']}</textarea>" in page.text
    assert (await delivery_row(case, design))["status"] == "in_test"


async def test_a_delivery_of_another_page_cannot_be_answered_from_this_one(
    http: httpx.AsyncClient,
) -> None:
    case, other = await a_signed_engagement(), await a_signed_engagement()
    path, _ = await the_page(case)
    _, (build,) = await the_page(case, "build")
    _, (theirs,) = await the_page(other)
    for foreign in (build, theirs):
        form = {"act": "accept", "delivery": str(foreign), "tested": "yes"}
        assert (await http.post(path, data=form)).status_code == 422
    assert (await states_of(case))["build"] == "in_test"
    assert (await states_of(other))["design"] == "in_test"


async def test_after_the_end_the_page_says_so_before_and_after_the_sweep(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await in_english()
    path, (design,) = await the_page(case)
    clock.set(ENDS - SECOND)
    assert "<form" in (await http.get(path)).text
    clock.set(ENDS)
    form = {"act": "reject", "delivery": str(design), "criterion-1": "Too late?"}
    for expected in (
        "this counts as accepted (clause",
        "counts as accepted from 17 March 2026 (clause",
    ):
        for page in (await http.get(path), await http.post(path, data=form)):
            assert expected in page.text
            assert "<form" not in page.text
        await sweep(ENDS)
    assert (await http.post(path, data=form)).status_code == 409
    assert await rejection(case, design) is None
    assert (await acceptance(case))["kind"] == "deemed"
    accepted = await http.post(
        path, data={"act": "accept", "delivery": str(design), "tested": "yes"}
    )
    assert accepted.status_code == 303
    clock.set(ENDS + LINK_OUTLIVES_TEST)
    assert (await http.get(path)).status_code == 404


async def test_the_last_round_says_what_a_rejection_means(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement(correction_rounds=0)
    path, (design,) = await the_page(case)
    assert "Dette var den sidste runde rettelser." in (await http.get(path)).text
    await http.post(path, data={"act": "reject", "delivery": str(design), "criterion-1": "Nej"})
    assert (
        "efter sidste runde rettelser. Nordlys Studio ringer til dig" in (await http.get(path)).text
    )
    assert (await rejection(case, design))["is_final"]


async def test_what_was_taken_back_says_so(http: httpx.AsyncClient) -> None:
    case = await in_english()
    path, (design,) = await the_page(case)
    await acceptances.withdraw(case.actor, design, reason="Our own affair", now=HANDED_OVER)
    for page in (
        await http.get(path),
        await http.post(path, data={"act": "accept", "delivery": str(design), "tested": "yes"}),
    ):
        assert "Nordlys Studio has withdrawn this." in page.text
        assert "<form" not in page.text
    assert await acceptance(case) is None


async def test_a_revoked_link_and_one_of_somebody_who_left_are_gone(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement()
    path, (design,) = await the_page(case)
    await acceptances.revoke_link(case.actor, design, case.client.signer_id, now=HANDED_OVER)
    form = {"act": "accept", "delivery": str(design), "tested": "yes"}
    for answer in (await http.get(path), await http.post(path, data=form), await http.head(path)):
        assert answer.status_code == 404
    new = f"/deliveries/{await page_token(case, design)}"
    assert (await http.get(new)).status_code == 200
    await clients.update_contact(
        case.actor,
        case.client.signer_id,
        clients.ContactDetails(name="Søren", email="s@havn.example", locale="da", roles=["signer"]),
        is_active=False,
        expected_version=1,
        now=HANDED_OVER,
    )
    assert (await http.get(new)).status_code == 404
    assert (await http.post(new, data=form)).status_code == 404
    assert await acceptance(case) is None


async def test_a_link_opens_its_own_page_and_nothing_else(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    path, (design,) = await the_page(case)
    token = path.removeprefix("/deliveries/")
    (person,) = await recipient_rows(case, design)
    forged = links.signer_token(case.people.practice_id, person["id"], 1)
    for made_up in (
        f"/sign/{token}", f"/files/{token}", f"/deliveries/{forged}", f"/deliveries/{token}A", f"/deliveries/{token[:-1]}",
        "/deliveries/", "/deliveries/abc", "/deliveries/%00", "/deliveries/" + "A" * 9000,
    ):  # fmt: skip
        page = await http.get(made_up, headers=DANISH)
        assert page.status_code == 404, made_up
        assert "Linket virker ikke" in page.text
    assert (await http.post("/deliveries/abc", data={"act": "accept"})).status_code == 404


async def test_the_page_keeps_out_what_is_not_ours_and_takes_no_flood(
    http: httpx.AsyncClient,
) -> None:
    case = await a_signed_engagement(name="<script>alert(1)</script> {{ 7*7 }}")
    path, (design,) = await the_page(case, note="<img src=x onerror=alert(1)>")
    for page in (
        await http.get(path),
        await http.post(path, data={"act": "accept", "delivery": str(design)}),
    ):
        headers = page.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert "form-action 'self'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert not re.search(r"<script|<img|\sstyle=|\son\w+=\"", page.text)
    assert "{{ 7*7 }}" in page.text
    assert (await http.post(path, content=b"x" * 600_000)).status_code == 413
    many = "&".join(f"f{n}=1" for n in range(1300))
    assert (await http.post(path, content=many)).status_code == 413


def test_every_refusal_that_the_page_can_meet_has_words() -> None:
    codes = codes_reached_from("services.acceptances.pages", ["accept_by_link", "reject_by_link"])
    assert {"TEST_PERIOD_ENDED", "DELIVERY_DECIDED", "ALREADY_ACCEPTED"} <= codes
    assert sorted(codes - NOT_FOUND_PAGE - {"STALE_VERSION"} - set(TEXTS["en"])) == []


# --- in a browser --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
async def test_the_client_answers_without_javascript(browser: Browser, address: str) -> None:
    case = await in_english()
    path, _ = await the_page(case, "design", "build")
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(address + path)
    # The browser itself asks for the tick.
    await page.get_by_role("button", name="Accept design").click()
    assert await page.locator("#tested-1:invalid").count() == 1
    await page.locator("#tested-1").check()
    await page.get_by_role("button", name="Accept design").click()
    await page.get_by_text("Accepted on 2 March 2026. Thank you.").wait_for()
    await page.get_by_text("It departs from what was agreed").click()
    await page.get_by_label("Where does it depart from what was agreed?").fill("It does not start.")
    await page.get_by_role("button", name="Reject build").click()
    await page.get_by_text("Rejected on 2 March 2026.").wait_for()
    assert await page.locator("form").count() == 0
    assert (await states_of(case)) | {"handover": ""} == {
        "design": "accepted", "build": "rejected", "handover": "",
    }  # fmt: skip
    await context.close()


async def pages_of_all_kinds(clock: FixedClock) -> list[str]:
    """One of each page that a client can meet."""
    case = await a_signed_engagement(name="W" * 80)
    path, _ = await the_page(case, "design", "build", note="Æblegrød " * 40 + "x" * 200)
    answered = await in_english()
    done, (design, build) = await the_page(answered, "design", "build")
    from services.rules.acceptances import Reason
    from tests.factories.deliveries import rejected

    await rejected(answered, design, reasons=[Reason(1, "Page 3 is missing. " * 10)])
    await rejected(answered, build, reasons=[], text="It does not start.")
    return [path, done]


@pytest.mark.browser
async def test_no_page_scrolls_sideways_on_a_phone_and_the_dark_is_dark(
    browser: Browser, address: str, clock: FixedClock
) -> None:
    page = await browser.new_page(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for path in await pages_of_all_kinds(clock):
        await page.goto(address + path)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
        ground = await page.evaluate(
            "getComputedStyle(document.querySelector('.item')).backgroundColor"
        )
        assert ground == "rgb(29, 35, 33)"
    assert complaints == []
    await page.close()


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_no_barrier(
    browser: Browser, address: str, clock: FixedClock, scheme: Any, width: int
) -> None:
    axe = (node_packages() / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    page = await browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})

    async def look(where: str) -> list[str]:
        await page.evaluate(axe)
        found = await page.evaluate(
            """async () => (await axe.run(document, {runOnly: [
                 "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations"""
        )
        return [
            f"{where}: {barrier['id']}: {node['html'][:160]}: {node['failureSummary']}"
            for barrier in found
            for node in barrier["nodes"]
        ]

    barriers: list[str] = []
    for path in await pages_of_all_kinds(clock):
        await page.goto(address + path)
        barriers += await look(path[-6:])
    case = await in_english()
    path, _ = await the_page(case)
    await page.goto(address + path)
    await page.get_by_text("It departs from what was agreed").click()
    barriers += await look("rejecting")
    await page.get_by_label("Anything else that departs").fill("Ugly")
    await page.get_by_role("button", name="Reject design").click()
    await page.get_by_role("alert").wait_for()
    barriers += await look("a message")
    await page.close()
    assert barriers == []
