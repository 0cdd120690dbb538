"""The outbox and its worker: what was committed leaves once, in the assistant's name; what was not, never."""

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import asyncpg
import pytest
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from db.migrate import _SQL
from db.queries import envelopes as queries
from db.queries.jobs import JOB_NAMES
from db.unit_of_work import read_only, unit_of_work
from services import envelopes, jobs, mail, policies
from services.gateways.clock import FixedClock
from services.gateways.email import (
    OutgoingEmail,
    PermanentEmailFailure,
    TemporaryEmailFailure,
)
from services.outbox import queue_email
from services.rules.errors import Conflict, Forbidden
from tests.factories.clients import a_client, link_of, published_policies
from tests.factories.practices import NOW, People, a_practice

pytestmark = pytest.mark.usefixtures("database")


class Post:
    """A gateway that keeps what it is given, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.sent: list[OutgoingEmail] = []
        self.failures = list(failures)

    async def send(self, message: OutgoingEmail) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)


def mailer(post: Post) -> jobs.Mailer:
    return jobs.Mailer(post, "no-reply@scope.example")


async def queued(people: People, **change: object) -> UUID:
    """One message in the outbox."""
    values: dict = {
        "kind": "envelope_completed",
        "recipient_name": "Freja",
        "recipient_email": "freja@nordlys.example",
        "locale": "en",
        "data": {
            "document_kind": "policies",
            "document_number": "PP",
            "client_name": "Havn <& Co>",
            "signer_names": "Søren",
            "fingerprint": "0" * 64,
        },
        "now": NOW,
    }
    async with unit_of_work(people.owner.scope()) as uow:
        return await queue_email(uow, **{**values, **change})


async def outbox(people: People, message_id: UUID) -> tuple[str, int, str]:
    """Status, attempts and last error of a message."""
    async with read_only(people.owner.scope()) as uow:
        row = await uow.fetchrow(
            "select status, attempts, last_error from outbox_message where tenant_id = $1 and id = $2",
            uow.tenant_id, message_id,
        )  # fmt: skip
    assert row is not None
    return row["status"], row["attempts"], row["last_error"]


async def jobs_about(connection: asyncpg.Connection, message_id: UUID) -> int:
    count: int = await connection.fetchval(
        "select count(*) from jobs.pgqueuer where dedupe_key = $1", f"outbox:{message_id}"
    )
    return count


def test_the_migration_is_what_the_queue_itself_would_install() -> None:
    text = (_SQL / "0004_jobs.sql").read_text(encoding="utf-8")
    ours = re.sub(r"\s+", " ", text.split("\n\n", 1)[1].split("-- Ours, not pgqueuer's")[0])
    theirs = QueryBuilderEnvironment(JOB_NAMES).build_install_query()
    theirs = re.sub(r"\s+", " ", re.sub(r"^-- .*$", "", theirs, flags=re.MULTILINE))
    assert ours.strip() == theirs.strip()


async def test_what_is_rolled_back_never_leaves(owner_connection: asyncpg.Connection) -> None:
    people = await a_practice()
    message_id = None
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work(people.owner.scope()) as uow:
            message_id = await queue_email(
                uow,
                kind="envelope_completed",
                recipient_name="",
                recipient_email="",
                locale="en",
                data={},
                now=NOW,
            )
            raise ZeroDivisionError
    assert message_id is not None
    assert await jobs_about(owner_connection, message_id) == 0


async def test_a_kind_without_words_is_a_bug() -> None:
    people = await a_practice()
    for change in ({"kind": "nothing"}, {"kind": "../layout"}, {"locale": "de"}):
        with pytest.raises(ValueError, match="no mail of kind"):
            await queued(people, **change)


async def test_a_request_to_sign_leaves_in_the_assistants_name_with_a_link_made_now() -> None:
    people = await a_practice()
    client = await a_client(people.owner)
    await published_policies(people.owner)
    envelope_id = await policies.send_for_sign_off(
        people.owner, client_id=client.client_id, now=NOW
    )
    async with read_only(people.owner.scope()) as uow:
        signer = (await queries.signers_of(uow, [envelope_id]))[1]
        message_id = await uow.fetchval(
            "select id from outbox_message where tenant_id = $1", uow.tenant_id
        )
    await envelopes.revoke_link(people.owner, signer["id"], now=NOW)
    post = Post()
    delivery = await jobs.deliver(people.practice_id, message_id, mailer(post), FixedClock(NOW))
    assert delivery.status == "sent"
    (message,) = post.sent
    assert (message.sender.name, message.sender.address) == (
        "Sofie Holm",
        "no-reply@scope.example",
    )
    assert message.reply_to is not None
    assert message.reply_to.address == "hej@nordlys.example"
    assert "Freja" not in message.text
    link = f"/sign/{link_of(people.owner, signer['id'], 2)}"
    assert link in message.text
    assert message.html is not None
    assert f'href="http://testserver{link}"' in message.html
    assert "Søren &lt;Å&gt; O&#39;Hara &amp; Søn" in message.html
    assert "Søren <Å> O'Hara & Søn" in message.text
    assert "åbent til 16. marts 2026 kl. 10.00 (Centraleuropæisk normaltid)." in message.text
    parsed = message_from_bytes(message.to_bytes(), policy=default)
    assert parsed["subject"] == message.subject
    assert parsed["to"].addresses[0].display_name == "Søren <Å> O'Hara & Søn"


async def test_a_message_is_sent_once_however_often_it_is_looked_at() -> None:
    people = await a_practice()
    message_id = await queued(people)
    post = Post()
    answers = await asyncio.gather(
        *(
            jobs.deliver(people.practice_id, message_id, mailer(post), FixedClock(NOW))
            for _ in range(8)
        )
    )
    await jobs.deliver(people.practice_id, message_id, mailer(post), FixedClock(NOW))
    assert len(post.sent) == 1
    # Whoever came while it was under way is told to look again, not to send.
    assert {a.status for a in answers} <= {"sent", "pending"}
    assert await outbox(people, message_id) == ("sent", 1, "")


async def test_a_failure_that_may_pass_is_tried_again_later() -> None:
    people = await a_practice()
    message_id = await queued(people)
    post, clock = Post(TemporaryEmailFailure("451 busy"), OSError("down")), FixedClock(NOW)
    first = await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert (first.status, first.again_in) == ("pending", timedelta(seconds=30))
    assert await outbox(people, message_id) == ("pending", 1, "TemporaryEmailFailure: 451 busy")
    early = await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert early.again_in == timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    second = await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert second.again_in == timedelta(seconds=60)
    clock.advance(timedelta(seconds=60))
    await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert await outbox(people, message_id) == ("sent", 3, "")
    assert len(post.sent) == 1


async def test_after_its_last_attempt_a_message_has_failed_until_somebody_sends_it_again(
    owner_connection: asyncpg.Connection,
) -> None:
    people = await a_practice()
    message_id = await queued(people)
    post, clock = Post(*(TemporaryEmailFailure("no") for _ in range(jobs.MAX_ATTEMPTS))), FixedClock(NOW)  # fmt: skip
    for _ in range(jobs.MAX_ATTEMPTS + 2):
        await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
        clock.advance(timedelta(hours=2))
    assert await outbox(people, message_id) == (
        "failed",
        jobs.MAX_ATTEMPTS,
        "TemporaryEmailFailure: no",
    )
    await owner_connection.execute(
        "delete from jobs.pgqueuer where dedupe_key = $1", f"outbox:{message_id}"
    )
    with pytest.raises(Forbidden):
        await jobs.send_again(people.accountant, message_id, now=clock.now())
    await jobs.send_again(people.assistant, message_id, now=clock.now())
    assert await jobs_about(owner_connection, message_id) == 1
    with pytest.raises(Conflict):
        await jobs.send_again(people.assistant, message_id, now=clock.now())
    await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert (await outbox(people, message_id))[0] == "sent"


async def test_a_refusal_for_good_ends_it_at_once() -> None:
    people = await a_practice()
    refused = await queued(people)
    post = Post(PermanentEmailFailure("550 no such user"))
    await jobs.deliver(people.practice_id, refused, mailer(post), FixedClock(NOW))
    assert (await outbox(people, refused))[0] == "failed"
    impossible = await queued(people, recipient_email="nowhere")
    await jobs.deliver(people.practice_id, impossible, mailer(post), FixedClock(NOW))
    assert (await outbox(people, impossible))[0] == "failed"
    assert post.sent == []


async def test_a_worker_that_died_is_noticed_by_its_lease() -> None:
    people = await a_practice()
    message_id = await queued(people)

    class Dying:
        async def send(self, message: OutgoingEmail) -> None:
            raise asyncio.CancelledError

    clock = FixedClock(NOW)
    with pytest.raises(asyncio.CancelledError):
        await jobs.deliver(
            people.practice_id, message_id, jobs.Mailer(Dying(), "a@b.example"), clock
        )
    assert await outbox(people, message_id) == ("pending", 1, "")
    post = Post()
    waiting = await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert waiting.again_in == jobs.LEASE
    clock.advance(jobs.LEASE)
    await jobs.deliver(people.practice_id, message_id, mailer(post), clock)
    assert (await outbox(people, message_id))[0] == "sent"


async def test_another_practices_message_is_not_there() -> None:
    people, others = await a_practice(), await a_practice("Sydlys")
    message_id = await queued(people)
    post = Post()
    delivery = await jobs.deliver(others.practice_id, message_id, mailer(post), FixedClock(NOW))
    assert (delivery.status, post.sent) == ("missing", [])


async def test_the_worker_drains_what_waits(
    runtime_dsn: str, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("delete from jobs.pgqueuer")
    people = await a_practice()
    messages = [await queued(people) for _ in range(5)]
    post = Post()
    await asyncio.wait_for(jobs.drain(runtime_dsn, mailer(post), FixedClock(NOW)), 30)
    assert sorted(m.outbox_id for m in post.sent) == sorted(messages)
    assert await owner_connection.fetchval("select count(*) from jobs.pgqueuer") == 0


async def test_the_running_worker_hears_of_new_mail_and_stops_when_told(
    runtime_dsn: str, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("delete from jobs.pgqueuer")
    people = await a_practice()
    post, stop = Post(), asyncio.Event()
    worker = asyncio.create_task(
        jobs.run_worker(runtime_dsn, mailer(post), FixedClock(NOW), stop=stop)
    )
    await asyncio.sleep(0.5)
    message_id = await queued(people)
    for _ in range(100):
        if post.sent:
            break
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(worker, 30)
    assert [m.outbox_id for m in post.sent] == [message_id]


@pytest.mark.parametrize(
    ("iso", "locale", "timezone", "written"),
    [
        ("2026-12-06T07:50:00+00:00", "da", "Europe/Copenhagen", "6. december 2026 kl. 08.50 (Centraleuropæisk normaltid)"),
        ("2026-12-06T07:50:00+00:00", "en", "Europe/Copenhagen", "6 December 2026 at 08:50 (Central European Standard Time)"),
        ("2026-07-05T22:30:00+00:00", "da", "Europe/Copenhagen", "6. juli 2026 kl. 00.30 (Centraleuropæisk sommertid)"),
        ("2026-12-06T07:50:00+00:00", "en", "America/New_York", "6 December 2026 at 02:50 (Eastern Standard Time)"),
        ("2026-12-06T07:50:00+00:00", "en", "Asia/Kolkata", "6 December 2026 at 13:20 (GMT+05:30)"),
    ],
    ids=["danish", "english", "summer", "far west", "a zone without a name"],
)  # fmt: skip
def test_a_moment_is_written_as_its_reader_does_and_names_the_practices_zone(
    iso: str, locale: str, timezone: str, written: str
) -> None:
    assert mail.moment(iso, locale, timezone) == written


@pytest.mark.parametrize("locale", ["en", "da"])
def test_every_mail_has_words_in_every_language(locale: str) -> None:
    kinds = {path.stem for path in (_SQL.parents[2] / "services/mail/en").glob("*.txt")}
    data = {
        "document_kind": "change_order", "document_number": "1", "practice_name": "N", "client_name": "C",
        "signer_names": "S", "reason": "Because", "fingerprint": "f", "expires_at": "2026-03-16T09:00:00+00:00",
    }  # fmt: skip
    own = {"signature_request", "signature_completed", "envelope_completed", "envelope_declined"}
    assert own <= kinds
    for kind in own:
        letter = mail.write(
            kind, locale, data, recipient_name="R", timezone="Europe/Copenhagen",
            link="https://x.example/sign/t", sender="Sofie",
        )  # fmt: skip
        assert letter.subject
        assert "\n" not in letter.subject
        assert letter.text.endswith("Sofie\n")
    for kind in kinds:
        assert mail.has_template(kind, "da"), kind
