"""Take the pictures that the README shows, from a running server: python docs/pictures/take.py http://127.0.0.1:8000 var

Plays the main job for one more client, and looks at the pages as that client does. Needs chromium, LibreOffice, pdftoppm.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import httpx
from playwright.async_api import Browser, async_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from contracts.pdf import to_pdf  # noqa: E402
from demo.main_job import SIGNER, MainJob  # noqa: E402
from demo.material import MORE, PLAN, moved, start_of  # noqa: E402


async def page(
    browser: Browser,
    url: str,
    name: str,
    *,
    width: int = 1000,
    height: int = 1100,
    full: bool = False,
) -> None:
    """One picture of one page."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light"
    )
    tab = await context.new_page()
    await tab.goto(url, wait_until="networkidle")
    await tab.screenshot(path=HERE / f"{name}.png", full_page=full)
    await context.close()


def paper(content: bytes, name: str, number: int) -> None:
    """One picture of one page of a .docx."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "paper.pdf"
        pdf.write_bytes(to_pdf(content))
        subprocess.run(  # noqa: S603
            [  # noqa: S607
                "pdftoppm",
                "-png",
                "-r",
                "80",
                "-f",
                str(number),
                "-l",
                str(number),
                "-singlefile",
                pdf,
                HERE / name,
            ],
            check=True,
        )


async def gantt(http: httpx.AsyncClient, token: str, engagement_id: str) -> None:
    """The plan before and after the newest change order, as the API draws it."""
    answer = await http.post(
        "/graphql",
        json={
            "query": "query($id: ID!) { engagement(id: $id) { changeOrders { gantt(maxRows: 21) { pngUrl } } } }",
            "variables": {"id": engagement_id},
        },
        headers={"authorization": f"Bearer {token}"},
    )
    link = answer.json()["data"]["engagement"]["changeOrders"][-1]["gantt"]["pngUrl"]
    (HERE / "gantt.png").write_bytes((await http.get(link)).raise_for_status().content)


async def main(url: str, var: str) -> None:
    """Everything."""
    tokens = json.loads((Path(var) / "demo_tokens.json").read_text())
    async with (
        httpx.AsyncClient(base_url=url, timeout=60) as http,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        job = MainJob(http, tokens)
        await job.take_on_client()
        await job.page(await job.send_policies()).sign(SIGNER)
        plan = moved(PLAN, date.today())  # noqa: DTZ011
        await job.create_engagement(start_of(plan))
        await job.import_scope(plan)
        await job.price_scope()
        contract = await job.send_contract()
        await page(browser, contract["link"], "contract_page")
        files = {
            d["locale"]: (await http.get(d["downloadUrl"])).content
            for d in (contract["document"], contract["translation"])
        }
        paper(files["en"], "contract_en", 1)
        paper(files["da"], "contract_da", 1)
        await job.page(contract["link"]).sign(SIGNER)
        await job.request_deposit()
        await job.record_deposit(date.today().isoformat())  # noqa: DTZ011
        figures = await job.preview_change(MORE)
        sent = await job.send_change_order("Children's edition", MORE, figures["fingerprint"])
        await page(browser, sent["link"], "change_order_page", height=1400)
        paper((await http.get(sent["document"]["downloadUrl"])).content, "change_order_en", 1)
        await gantt(http, tokens["owner"], job.ids["engagement"])
        await page(browser, url, "start_page", height=620)
        await page(browser, f"{url}/graphql", "graphiql", width=1280, height=800)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
