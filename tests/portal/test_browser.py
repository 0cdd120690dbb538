"""The pages in a real browser: by keyboard, without JavaScript, on a phone, in the dark, and under axe-core's eyes."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.left_out import node_packages
from tests.portal.papers import Paper, policies_out, sample_out

PHONE = {"width": 360, "height": 740}

pytestmark = pytest.mark.browser


async def focused(page: Page) -> str:
    """The id of the element that the keyboard is on."""
    return await page.evaluate("document.activeElement.id || document.activeElement.className")


async def tab_to(page: Page, wanted: str, *, within: int) -> None:
    """Press Tab until the element with this id or class has the keyboard."""
    for _ in range(within):
        await page.keyboard.press("Tab")
        if await focused(page) == wanted:
            return
    raise AssertionError(f"{wanted} was not reached with {within} tabs")


async def test_a_client_signs_by_keyboard_alone(browser: Browser, address: str) -> None:
    paper = await policies_out()
    page = await browser.new_page(reduced_motion="reduce")
    await page.goto(address + paper.path)
    assert await page.title() == "Retningslinjer og procedurer PP · Nordlys Studio"
    assert await page.locator("html").get_attribute("lang") == "da"
    await tab_to(page, "skip", within=1)
    assert await page.locator(".skip").is_visible()
    await page.keyboard.press("Enter")
    await tab_to(page, "consent", within=1)
    assert await page.locator("#signature").is_visible()
    await page.keyboard.press("Space")
    await tab_to(page, "name", within=1)
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert await page.evaluate(outline) == "solid"
    await page.keyboard.type("Søren Høj")
    await tab_to(page, "main", within=1)
    await page.keyboard.press("Enter")
    await page.get_by_text("Alle har underskrevet. Tak, Søren").wait_for()
    assert await page.locator(".who").get_by_text("Søren Høj").is_visible()
    assert (await paper.state())[0] == "completed"
    # Reloading asks nothing and sends nothing again.
    await page.reload()
    assert await page.locator("form").count() == 0
    await page.close()


async def test_the_form_can_be_reached_without_the_skip_link(
    browser: Browser, address: str
) -> None:
    paper = await policies_out()
    page = await browser.new_page()
    await page.goto(address + paper.path)
    await tab_to(page, "consent", within=10)
    await page.close()


async def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    paper = await policies_out(locale="en")
    context = await browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = await context.new_page()
    await page.goto(address + paper.path)
    async with page.expect_download() as arriving:
        await page.get_by_role("link", name="Download the Word file that you sign").click()
    download = await arriving.value
    assert download.suggested_filename == "policies-pp-v1-en.docx"
    # The browser itself asks for what is missing.
    await page.get_by_role("button", name="Accept the policies").click()
    assert await page.locator("#consent:invalid").count() == 1
    await page.get_by_label("I have read this document").check()
    await page.get_by_label("Your full name").fill("   ")
    await page.get_by_role("button", name="Accept the policies").click()
    alert = page.get_by_role("alert")
    await alert.wait_for()
    assert "Please fill this in." in await alert.inner_text()
    await page.get_by_label("Your full name").fill("Søren")
    assert await page.get_by_label("I have read this document").is_checked()
    await page.get_by_role("button", name="Accept the policies").click()
    await page.get_by_text("Signed by everyone.").wait_for()
    assert (await paper.state())[0] == "completed"
    await context.close()


async def test_the_message_has_the_keyboard_and_leads_to_its_field(
    browser: Browser, address: str
) -> None:
    paper = await policies_out(locale="en")
    page = await browser.new_page(reduced_motion="reduce")
    await page.goto(address + paper.path)
    await page.get_by_label("I have read this document").check()
    await page.get_by_label("Your full name").fill("  ")
    await page.get_by_role("button", name="Accept the policies").click()
    await page.get_by_role("alert").wait_for()
    assert await focused(page) == "notice bad"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("location.hash") == "#name"
    assert await focused(page) == "name"
    await page.close()


async def test_a_client_declines(browser: Browser, address: str) -> None:
    paper = await policies_out()
    page = await browser.new_page(viewport=PHONE)
    await page.goto(address + paper.path)
    assert not await page.get_by_role("button", name="Afvis").is_visible()
    await page.get_by_text("Jeg er ikke enig").click()
    await page.get_by_label("Hvorfor ikke?").fill("For strengt")
    await page.get_by_role("button", name="Afvis").click()
    await page.get_by_text("Dokumentet blev afvist med disse ord: For strengt").wait_for()
    assert (await paper.state())[0] == "declined"
    await page.close()


async def papers() -> list[str]:
    """One of each page that a client can meet, and the start page."""
    shown: list[Paper] = [
        await policies_out(),
        await policies_out(client="W" * 90, practice="Æblegrød" * 10),
        await sample_out("services_contract", "da"),
        await sample_out("change_order", "en"),
        await sample_out("retainer_agreement", "da"),
    ]
    return [paper.path for paper in shown] + ["/sign/abc", "/"]


async def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport=PHONE)
    for path in await papers():
        await page.goto(address + path)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
        outside = await page.evaluate(
            """() => [...document.querySelectorAll("body *")]
                 .filter(e => !e.closest(".wide, .skip") && e.getBoundingClientRect().right > innerWidth + 1)
                 .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert outside == [], path
    await page.close()


async def test_in_the_dark_the_pages_are_dark(browser: Browser, address: str) -> None:
    paper = await policies_out()
    colours = {}
    for scheme in ("light", "dark"):
        page = await browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        await page.goto(address + paper.path)
        colours[scheme] = await page.evaluate(
            """() => [getComputedStyle(document.documentElement).backgroundColor,
                      getComputedStyle(document.querySelector(".paper")).backgroundColor]"""
        )
        await page.close()
    assert colours == {
        "light": ["rgb(242, 243, 239)", "rgb(255, 255, 255)"],
        "dark": ["rgb(19, 24, 22)", "rgb(29, 35, 33)"],
    }


async def test_print_shows_the_paper_and_its_proof_without_the_form(
    browser: Browser, address: str
) -> None:
    paper = await policies_out()
    page = await browser.new_page(color_scheme="dark")
    await page.goto(address + paper.path)
    await page.emulate_media(media="print")
    assert not await page.locator(".signature").is_visible()
    assert not await page.locator(".jump").is_visible()
    assert await page.locator(".paper").is_visible()
    assert await page.locator("#fingerprint").is_visible()
    ink = await page.evaluate("getComputedStyle(document.querySelector('.paper')).color")
    assert ink == "rgb(0, 0, 0)"
    await page.close()


async def test_the_browser_has_nothing_to_complain_of(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    page = await browser.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(address) else complaints.append(request.url),
    )
    for path in await papers():
        if path != "/sign/abc":
            await page.goto(address + path)
    assert complaints == []
    await page.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    return (node_packages() / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_no_barrier(
    browser: Browser, address: str, axe: str, scheme: Any, width: int
) -> None:
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
    for path in await papers():
        await page.goto(address + path)
        barriers += await look(path[:6])
    paper = await policies_out(locale="en")
    await page.goto(address + paper.path)
    await page.get_by_text("I do not agree").click()
    barriers += await look("declining")
    await page.get_by_label("I have read this document").check()
    await page.get_by_label("Your full name").fill(" ")
    await page.get_by_role("button", name="Accept the policies").click()
    await page.get_by_role("alert").wait_for()
    barriers += await look("a message")
    await page.get_by_label("Your full name").fill("Søren")
    await page.get_by_role("button", name="Accept the policies").click()
    await page.get_by_text("Signed by everyone.").wait_for()
    barriers += await look("signed")
    await page.close()
    assert barriers == []
