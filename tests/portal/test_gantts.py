"""The plan beside the paper: over HTTP, and in a real browser; and what nobody gets to see."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from playwright.async_api import Browser

from services import gantts
from services.gantts import GanttRequest
from services.gateways.clock import FixedClock
from services.rules.errors import RuleViolation
from services.rules.gantts import PAGE_WIDTH
from tests.factories.engagements import (
    TODAY,
    Case,
    a_sent_contract,
    a_sent_order,
    a_signed_engagement,
    link_to,
    sign_subject,
)
from tests.factories.practices import NOW
from tests.left_out import node_packages
from tests.portal.papers import policies_out

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


async def order_page(case: Case) -> str:
    """The path of the page on which a change order is signed."""
    token, _ = await link_to(case.actor, "change_order", await a_sent_order(case))
    return f"/sign/{token}"


def image(page: httpx.Response) -> dict[str, str]:
    """The attributes of the plan's picture."""
    found = re.search(r'<img id="plan"([^>]*)>', page.text)
    assert found is not None, "no picture on the page"
    return {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', found[1])}


async def test_the_contract_shows_its_plan_and_the_order_the_plan_before_and_after(
    http: httpx.AsyncClient,
) -> None:
    case = await a_sent_contract()
    token, _ = await link_to(case.actor, "services_contract", case.contract_id)
    page = await http.get(f"/sign/{token}")
    shown = image(page)
    assert "Kontraktens plan" in shown["alt"]
    svg = await http.get(shown["src"])
    assert svg.status_code == 200
    assert f'width="{PAGE_WIDTH}" height="{shown["height"]}"' in svg.text
    assert "A shop" not in svg.text
    await sign_subject(case.actor, "services_contract", case.contract_id)
    page = await http.get(await order_page(case))
    shown = image(page)
    svg = await http.get(shown["src"])
    assert "A shop" in svg.text
    assert "prefers-color-scheme:dark" in svg.text
    # The same as a table.
    section = page.text.split('<section class="card plan"')[1].split("</section>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', section)
    assert [unescape(name) for name, _ in rows][3].startswith("1.3 A shop (kritisk)")
    assert len(rows) == 5


async def test_a_picture_is_served_so_that_nothing_in_it_can_run(http: httpx.AsyncClient) -> None:
    case = await a_signed_engagement()
    src = image(await http.get(await order_page(case)))["src"]
    for path, media_type in [(src, "image/svg+xml")]:
        answer = await http.get(path)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith('inline; filename="gantt-')
        assert "<script" not in answer.text
        assert (await http.head(path)).status_code == 200
        assert (await http.post(path)).status_code == 405


async def test_a_link_that_was_altered_or_has_ended_answers_with_a_page_that_says_so(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_signed_engagement()
    src = image(await http.get(await order_page(case)))["src"]
    token = src.split("/")[2]
    for wrong in (
        src.replace(token, token[:-4] + "AAAA"),
        src.replace("change-order.svg", "change-order.png"),
        src.replace("change-order.svg", "engagement.svg"),
        src.replace("theme=auto", "theme=dark"),
        src + "&more=1",
        src.split("?")[0],
        "/gantts/x/engagement.svg",
    ):
        answer = await http.get(wrong, headers={"accept-language": "da"})
        assert answer.status_code == 404
        assert "Linket virker ikke" in answer.text
    assert (await http.get(src)).status_code == 200
    clock.set(NOW + timedelta(hours=3))
    assert (await http.get(src)).status_code == 404


async def test_the_page_of_one_paper_gives_no_way_to_the_plan_of_another(
    http: httpx.AsyncClient,
) -> None:
    case, other = await a_signed_engagement(), await a_signed_engagement()
    mine = image(await http.get(await order_page(case)))["src"]
    theirs = image(await http.get(await order_page(other)))["src"]
    crossed = mine.replace(mine.split("/")[2], theirs.split("/")[2])
    # The address is the same for both, so it is the token alone that decides: whose it is, that is shown.
    assert mine.split("/", 3)[3] == theirs.split("/", 3)[3]
    shown = await http.get(crossed)
    assert shown.text == (await http.get(theirs)).text


async def test_papers_without_a_plan_and_plans_in_trouble_leave_the_page_as_it_was(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = await policies_out()
    assert 'id="plan"' not in (await http.get(paper.path)).text
    case = await a_signed_engagement()
    path = await order_page(case)

    async def refuse(*_: object, **__: object) -> None:
        raise RuleViolation("It cannot be planned.", code="SCHEDULE_CYCLE")

    monkeypatch.setattr(gantts, "paper_picture", refuse)
    page = await http.get(path)
    assert page.status_code == 200
    assert 'id="plan"' not in page.text
    assert 'id="signature"' in page.text


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_browser_shows_the_picture_in_its_natural_size(
    browser: Browser, address: str, scheme: str
) -> None:
    case = await a_signed_engagement()
    path = await order_page(case)
    complaints: list[str] = []
    page = await browser.new_page(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": 1280, "height": 900},
    )
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.goto(address + path)
    picture = page.locator("#plan")
    await picture.scroll_into_view_if_needed()
    natural = await picture.evaluate(
        "async e => (await e.decode(), [e.naturalWidth, e.naturalHeight])"
    )
    assert natural == [PAGE_WIDTH, int(await picture.get_attribute("height") or 0)]
    box = await picture.bounding_box()
    assert box is not None
    assert box["width"] > 700
    # The very corner of the picture has the colour of its ground.
    colour = await picture.evaluate(
        """e => { const c = document.createElement("canvas"); c.width = c.height = 1;
                  const g = c.getContext("2d"); g.drawImage(e, 0, 0, 4, 4, 0, 0, 1, 1);
                  return [...g.getImageData(0, 0, 1, 1).data.slice(0, 3)]; }"""
    )
    assert colour == ([255, 255, 255] if scheme == "light" else [29, 35, 33])
    summary = page.get_by_text("Planen som tabel")
    await summary.click()
    assert await page.locator(".plan table tbody tr").count() == 5
    assert await page.locator(".plan table").is_visible()
    assert complaints == []
    await page.close()


@pytest.mark.browser
async def test_on_a_phone_the_picture_scrolls_in_its_own_box(
    browser: Browser, address: str
) -> None:
    case = await a_signed_engagement()
    page = await browser.new_page(viewport={"width": 360, "height": 740})
    await page.goto(address + await order_page(case))
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.locator(".plan summary").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.close()


@pytest.mark.browser
async def test_an_opened_picture_runs_no_script(browser: Browser, address: str) -> None:
    nasty = "<script>document.title='ran'</script><svg onload=\"document.title='ran'\">"
    case = await a_signed_engagement(name=nasty)
    request = GanttRequest("engagement", case.engagement_id, TODAY)
    url = gantts.gantt_links(case.actor.tenant_id, request, now=NOW).svg_url
    page = await browser.new_page()
    await page.goto(address + url.removeprefix("http://testserver"))
    assert await page.evaluate("document.documentElement.nodeName") == "svg"
    assert await page.evaluate("document.querySelectorAll('script, [onload]').length") == 0
    assert nasty in (await page.evaluate("document.querySelector('title').textContent"))
    await page.close()


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_barrier_beside_the_plan(
    browser: Browser, address: str, scheme: str
) -> None:
    axe = (node_packages() / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
    case = await a_signed_engagement()
    page = await browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto(address + await order_page(case))
    await page.locator(".plan summary").click()
    await page.evaluate(axe)
    found = await page.evaluate("async () => (await axe.run(document)).violations")
    assert [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found] == []
    await page.close()
