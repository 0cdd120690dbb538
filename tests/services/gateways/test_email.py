"""Mail: the bytes that are written, what is refused, and what a real SMTP server's answers mean."""

import asyncio
import ssl
import stat
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from services.gateways.email import (
    Attachment,
    FileEmailGateway,
    Mailbox,
    OutgoingEmail,
    PermanentEmailFailure,
    SmtpEmailGateway,
    TemporaryEmailFailure,
)
from services.rules.errors import InvalidInput

OUTBOX_ID = UUID("0193a6f0-0000-7000-8000-000000000001")
PDF = bytes(range(256)) * 10


def letter(**changes: Any) -> OutgoingEmail:
    values: dict[str, Any] = {
        "outbox_id": OUTBOX_ID,
        "sender": Mailbox("studio@example.dk", "Søndergård, Åse & Co"),
        "recipient": Mailbox("kunde@blåbær.example", "Kunde"),
        "subject": "Ændringsordre nr. 3 – til godkendelse",
        "text": "Kære kunde\n\nLæs ændringen her.\n.\nVenlig hilsen\n" + "x" * 2000 + "\n",
        "html": "<p>Kære kunde</p>",
        "written_at": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        "attachments": (Attachment("ændring 3.pdf", "application/pdf", PDF),),
    }
    return OutgoingEmail(**(values | changes))


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_bytes_read_back_as_what_was_written() -> None:
    written = letter()
    message = parsed(written.to_bytes())
    assert message["Subject"] == "Ændringsordre nr. 3 – til godkendelse"
    assert message["From"].addresses[0].display_name == "Søndergård, Åse & Co"
    assert message["To"].addresses[0].addr_spec == "kunde@xn--blbr-roah.example"
    assert message["Date"].datetime == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert message["Message-ID"] == f"<{OUTBOX_ID}@example.dk>"
    assert body(message, "plain") == written.text
    assert body(message, "html").strip() == written.html
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "ændring 3.pdf"
    assert attached.get_content() == PDF


def test_every_line_ends_in_crlf_and_none_is_longer_than_smtp_allows() -> None:
    content = letter().to_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_the_same_message_makes_the_same_bytes() -> None:
    assert letter().to_bytes() == letter().to_bytes()


def test_a_message_of_words_alone_has_one_part() -> None:
    message = parsed(letter(html=None, attachments=()).to_bytes())
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "build",
    [
        lambda: letter(subject="Hello\r\nBcc: thief@example.com"),
        lambda: letter(subject="Hello\nBcc: thief@example.com"),
        lambda: letter(subject="Hello\u2028Bcc: thief@example.com"),
        lambda: letter(subject="Hello\x85there"),
        lambda: letter(subject=" "),
        lambda: letter(subject="\ud800"),
        lambda: letter(subject="x" * 501),
        lambda: letter(text="a\0b"),
        lambda: Mailbox("a@example.com", "Name\r\nBcc: thief@example.com"),
        lambda: Mailbox("a@example.com\r\nBcc: thief@example.com"),
        lambda: Mailbox("a@example.com, thief@example.com"),
        lambda: Mailbox("a b@example.com"),
        lambda: Mailbox("no address"),
        lambda: Mailbox("@example.com"),
        lambda: Mailbox("a@"),
        lambda: Mailbox("a@b@example.com"),
        lambda: Mailbox("a@exa..mple.com"),
        lambda: Mailbox("sø@example.com"),
        lambda: Mailbox.parse("nobody"),
        lambda: Attachment("a\r\nb.pdf", "application/pdf", b""),
        lambda: Attachment("../a.pdf", "application/pdf", b""),
        lambda: Attachment("a.pdf", "application/pdf\r\nX: y", b""),
        lambda: Attachment("a.pdf", "pdf", b""),
    ],
)
def test_what_could_break_a_header_is_refused(build: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        build()


def test_a_mailbox_is_read_from_its_usual_form() -> None:
    assert Mailbox.parse("Åse <ase@example.dk>") == Mailbox("ase@example.dk", "Åse")


async def test_a_file_is_private_and_a_second_sending_replaces_it(tmp_path: Path) -> None:
    gateway = FileEmailGateway(tmp_path / "mail")
    await gateway.send(letter())
    await gateway.send(letter())
    [path] = (tmp_path / "mail").iterdir()
    assert path == gateway.path(OUTBOX_ID)
    assert path.read_bytes() == letter().to_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(TemporaryEmailFailure, match="cannot write"):
        await FileEmailGateway(tmp_path / "mail").send(letter())


class Handler:
    """A server that answers as it is told and keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.rcpt = self.data = "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(envelope.content)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return self.data


@asynccontextmanager
async def listening(
    handler: Handler, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[str]:
    """A real server on a free port of this machine: its host and port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="127.0.0.1", loop=loop, **options), "127.0.0.1", 0, ssl=tls
    )
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def server() -> AsyncIterator[tuple[Handler, str]]:
    handler = Handler()
    async with listening(handler) as place:
        yield handler, f"smtp://{place}"


async def test_a_real_server_gets_the_exact_bytes(server: tuple[Handler, str]) -> None:
    handler, url = server
    await SmtpEmailGateway(url).send(letter())
    assert handler.taken == [letter().to_bytes()]
    assert handler.envelopes == [("studio@example.dk", ["kunde@xn--blbr-roah.example"])]


@pytest.mark.parametrize(
    ("rcpt", "data", "failure"),
    [
        ("550 5.1.1 no such mailbox", "250 OK", PermanentEmailFailure),
        ("450 4.2.1 mailbox busy", "250 OK", TemporaryEmailFailure),
        ("250 OK", "554 5.6.0 refused as spam", PermanentEmailFailure),
        ("250 OK", "451 4.3.0 try later", TemporaryEmailFailure),
    ],
)
async def test_an_answer_tells_whether_to_try_again(
    server: tuple[Handler, str], rcpt: str, data: str, failure: type[Exception]
) -> None:
    handler, url = server
    handler.rcpt, handler.data = rcpt, data
    with pytest.raises(failure, match=(rcpt if data == "250 OK" else data)[4:]):
        await SmtpEmailGateway(url).send(letter())


async def test_nobody_at_the_address_is_a_temporary_failure(
    unused_tcp_port: int,
) -> None:
    with pytest.raises(TemporaryEmailFailure):
        await SmtpEmailGateway(f"smtp://127.0.0.1:{unused_tcp_port}").send(letter())


async def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = mute.sockets[0].getsockname()[1]
    async with mute:
        with pytest.raises(TemporaryEmailFailure):
            await SmtpEmailGateway(f"smtp://127.0.0.1:{port}", timeout_seconds=0.2).send(letter())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_tls_by_scheme_with_a_login_and_a_checked_certificate(
    certificate: tuple[ssl.SSLContext, Path], scheme: str
) -> None:
    served, path = certificate
    handler = Handler()
    logins: list[tuple[bytes, bytes]] = []

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)

    how: dict[str, Any] = (
        {"tls": served, "auth_require_tls": False}
        if scheme == "smtps"
        else {"tls_context": served, "require_starttls": True}
    )
    async with listening(handler, authenticator=login, auth_required=True, **how) as place:
        trusted = ssl.create_default_context(cafile=path)
        url = f"{scheme}://us%40er:p%40ss@{place}"
        await SmtpEmailGateway(url, tls_context=trusted).send(letter())
        assert len(handler.taken) == 1
        assert logins[-1] == (b"us@er", b"p@ss")

        with pytest.raises(TemporaryEmailFailure):
            await SmtpEmailGateway(url).send(letter())  # nobody vouches for the certificate
        wrong = SmtpEmailGateway(f"{scheme}://us%40er:no@{place}", tls_context=trusted)
        with pytest.raises(TemporaryEmailFailure, match="SMTPAuthenticationError"):
            await wrong.send(letter())
        assert len(handler.taken) == 1


def test_a_password_never_leaves_this_machine_without_tls() -> None:
    assert SmtpEmailGateway("smtp://u:p@mail.example.com")._start_tls is True
    assert SmtpEmailGateway("smtp://mail.example.com")._start_tls is None
    assert SmtpEmailGateway("smtps://u:p@mail.example.com")._start_tls is False
