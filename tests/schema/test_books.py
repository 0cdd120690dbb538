"""The books as files, taken by the links that the API gives."""

from urllib.parse import urlsplit

import httpx
import pytest
from beancount import loader

from services.gateways.clock import FixedClock
from tests.factories.api import api_of
from tests.factories.money import MARCH, a_billable_engagement, a_funded_retainer, noon

pytestmark = pytest.mark.usefixtures("database")

BOOKS = (
    "query ($through: Date) { bookFiles(through: $through) { through hledgerUrl beancountUrl } }"
)


async def follow(http: httpx.AsyncClient, url: str) -> httpx.Response:
    parts = urlsplit(url)
    return await http.get(f"{parts.path}?{parts.query}")


async def test_the_accountant_takes_the_books_away_by_two_links(
    http: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await a_billable_engagement()
    await a_funded_retainer(case)
    clock.set(noon(MARCH[31]))
    api = await api_of(http, case.actor, case.people.accountant)
    found = (await api.ask(BOOKS))["bookFiles"]
    assert found["through"] == "2026-03-31"

    beancount = await follow(http, found["beancountUrl"])
    assert beancount.headers["content-disposition"] == 'attachment; filename="books.beancount"'
    assert beancount.headers["content-type"] == "text/plain; charset=utf-8"
    entries, errors, _ = loader.load_string(beancount.text)
    assert (errors, bool(entries)) == ([], True)
    journal = await follow(http, found["hledgerUrl"])
    assert "    Assets:Bank  " in journal.text

    earlier = (await api.ask(BOOKS, through="2026-03-01"))["bookFiles"]
    assert "Assets:Bank" not in (await follow(http, earlier["hledgerUrl"])).text
    # The link reads what it was made for, and nothing else.
    moved = earlier["hledgerUrl"].replace("2026-03-01", "2026-03-31")
    assert (await follow(http, moved)).status_code in {401, 403, 404}
