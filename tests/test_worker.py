"""The worker as the server and the command line run it: it sweeps at once and goes on, and it stops when told."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import app
from db.queries import envelopes as queries
from db.unit_of_work import read_only
from services import sweep
from services.gateways.clock import FixedClock
from tests.conftest import SETTINGS
from tests.factories.engagements import a_sent_contract
from tests.factories.practices import NOW

pytestmark = pytest.mark.usefixtures("database")


async def test_the_worker_writes_down_what_has_run_out_and_ends_in_time(
    runtime_dsn: str, tmp_path: Path
) -> None:
    case = await a_sent_contract()
    subject_id = case.contract_id
    assert isinstance(subject_id, UUID)

    async def envelope() -> Any:
        async with read_only(case.actor.scope()) as uow:
            return (await queries.envelopes_of_subjects(uow, "services_contract", [subject_id]))[0]

    clock = FixedClock((await envelope())["expires_at"])
    settings = SETTINGS.model_copy(update={"var_dir": tmp_path})
    async with app.worker(settings, runtime_dsn, clock):
        for _ in range(200):
            if (await envelope())["status"] == "expired":
                break
            await asyncio.sleep(0.05)
        left = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - left < 9
    assert (await envelope())["status"] == "expired"


async def test_a_sweep_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, tries = asyncio.Event(), 0

    async def failing_first(now: datetime) -> sweep.Sweep:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("no server")
        stop.set()
        return sweep.Sweep(0, 0)

    monkeypatch.setattr(app, "SWEEP_EVERY", app.SWEEP_EVERY / 6000)
    monkeypatch.setattr(sweep, "sweep", failing_first)
    await asyncio.wait_for(app._keep_sweeping(FixedClock(NOW), stop), 5)
    assert tries == 2
