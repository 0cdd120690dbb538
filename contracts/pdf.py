"""A PDF of a document by LibreOffice, where it is installed.

Each run has a profile of its own, which is deleted afterwards: two runs on one profile fail, and a
profile remembers. The run is ended with all its children when the time is over.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from contracts.errors import DocumentError, PdfUnavailable

_PROGRAMS = ("soffice", "libreoffice")


def office_program() -> str | None:
    """The path of LibreOffice on this machine, or None."""
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    return None


def to_pdf(content: bytes, *, timeout_seconds: float = 90) -> bytes:
    """The PDF of a .docx; blocks for one to four seconds.

    Raises `PdfUnavailable` if LibreOffice is not installed, and `DocumentError` if it fails or takes
    longer than ``timeout_seconds``.
    """
    program = office_program()
    if program is None:
        raise PdfUnavailable(
            "LibreOffice is needed to make a PDF and was not found. On Debian or Ubuntu: "
            "apt-get install libreoffice-writer-nogui; elsewhere see libreoffice.org. "
            "The .docx itself needs nothing more."
        )
    with tempfile.TemporaryDirectory(prefix="document-") as folder:
        source = Path(folder, "document.docx")
        source.write_bytes(content)
        command = [
            program, "--headless", "--norestore", "--nolockcheck", "--nodefault",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, str(source),
        ]  # fmt: skip
        environment = {
            name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ
        }
        environment["HOME"] = folder
        process = subprocess.Popen(  # noqa: S603 - a fixed program, arguments of ours, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise DocumentError(
                f"LibreOffice did not finish the PDF in {timeout_seconds:g} seconds"
            ) from error
        made = source.with_suffix(".pdf")
        if process.returncode != 0 or not made.exists():
            said = output.decode(errors="replace").strip()[-300:]
            raise DocumentError(f"LibreOffice made no PDF: {said or 'it gave no reason'}")
        return made.read_bytes()
