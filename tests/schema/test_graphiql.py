import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from schema.graphiql import ASSETS
from tests.left_out import program

from .tiny import EXAMPLES, serving, tiny_app

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_browser_gets_the_page_and_everything_it_loads_from_here(tiny) -> None:
    page = await tiny.get("/graphql", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(loaded) == 6
    for address in loaded:
        assert (await tiny.get(address)).status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text


async def test_the_page_allows_no_script_but_ours(tiny) -> None:
    page = await tiny.get("/graphql", headers=HTML)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    scripts = re.findall(r"<script(?![^>]* src=)([^>]*)>", page.text)
    assert scripts == [' type="application/json" id="settings"']


async def test_an_example_cannot_break_out_of_the_page(tiny) -> None:
    page = (await tiny.get("/graphql", headers=HTML)).text
    assert EXAMPLES[0].variables == {"name": "</script>"}
    assert "\\u003c/script>" in page
    assert page.count("</script>") == page.count("<script")


async def test_a_query_in_the_address_is_answered_rather_than_shown(tiny) -> None:
    response = await tiny.get("/graphql", params={"query": "{ hello }"}, headers=HTML)
    assert response.json()["data"] == {"hello": "hello world"}


@pytest.mark.parametrize("path", ["../package.json", "..%2fpackage.json", "%2e%2e/vendor.mjs", ""])
async def test_nothing_beside_the_assets_is_served(tiny, path) -> None:
    assert (await tiny.get(f"/graphql/assets/{path}")).status_code in (404, 405)


def test_the_licence_of_every_bundled_package_is_kept() -> None:
    text = (ASSETS.parent / "LICENSES.txt").read_text("utf-8")
    for name in ("graphiql 3.", "react 18.", "react-dom 18.", "codemirror 5.", "markdown-it "):
        assert re.search(rf"^{re.escape(name)}", text, re.MULTILINE), name


def test_no_lock_names_the_host_that_packages_came_from() -> None:
    root = Path(__file__).parents[2]
    for lock in ("schema/static/graphiql", "tests/conformance"):
        assert '"resolved"' not in (root / lock / "package-lock.json").read_text("utf-8")


@pytest.mark.browser
def test_in_a_browser_graphiql_opens_with_headers_and_runs_an_example(tmp_path: Path) -> None:
    chromium = program("browser")
    complaints: list[str] = []
    with serving(tiny_app()) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:"))
                else complaints.append(request.url)
            ),
        )
        page.goto(f"{address}/graphql")
        page.get_by_role("button", name="Execute query").wait_for()
        assert page.locator(".graphiql-tab").all_inner_texts() == ["Greeting", "Jars"]
        # The header editor is open: what it holds is what a user has to fill in.
        headers = page.locator(".graphiql-editor-tool").filter(visible=True)
        assert "Authorization" in headers.inner_text()
        page.get_by_role("button", name="Execute query").click()
        page.locator(".result-window").get_by_text("hello </script>").wait_for()
        page.screenshot(path=tmp_path / "graphiql.png")
        browser.close()
    assert complaints == []
