"""Practices to torture: founded beside the running server, each with signed engagements whose work is half accepted.

Run as `python -m tests.torture.setting <practices>` in the environment of the server; prints their tokens.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

import httpx

from app import database, install_keys
from db.engine import DB
from demo.load import set_up_practice
from demo.main_job import MainJob
from demo.material import PLAN, PRICES, start_of
from settings import read_settings


async def _found(runtime_url: str, practices: int) -> list[dict[str, str]]:
    await DB.open(runtime_url, pool_size=2)
    try:
        return [await set_up_practice(datetime.now(UTC)) for _ in range(practices)]
    finally:
        await DB.close()


async def engagements_of(
    http: httpx.AsyncClient, tokens: dict[str, str], today: str, number: int
) -> list[dict[str, Any]]:
    """Signed engagements of one practice with half of the work accepted: their ids, and the keys of what can be billed."""
    found = []
    # Half of the work: what is accepted is earned, and then little could be refunded.
    priced = [price["key"] for price in PRICES if "fee" in price]
    keys = priced[: len(priced) // 2]
    for first in range(number):
        job = MainJob(http, tokens)
        await job.take_on_client()
        if first == 0:
            await job.publish_policies(today)
        await job.page(await job.send_policies()).sign("Karen Sørensen")
        await job.create_engagement(start_of(PLAN))
        await job.import_scope()
        await job.price_scope()
        await job.page((await job.send_contract())["link"]).sign("Karen Sørensen")
        await job.accept(keys, today)
        found.append({"id": job.ids["engagement"], "items": keys})
    return found


if __name__ == "__main__":
    settings = read_settings()
    with database(settings) as where:
        install_keys(settings)
        print(json.dumps(asyncio.run(_found(where.runtime_url, int(sys.argv[1])))))
