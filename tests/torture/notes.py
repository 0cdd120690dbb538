"""What a client writes down: one JSON object a line, flushed to disk before anything follows from it."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Asked:
    """One thing a client asked for: `effect` is the id it was answered, `refused` the code it was refused with."""

    key: str
    operation: str
    practice: int
    given: dict[str, Any]
    effect: str | None = None
    refused: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether an answer came."""
        return self.effect is not None or self.refused is not None


@dataclass
class Notes:
    """The notes of one client, over all its lives."""

    path: Path
    asked: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what was written before; a line cut short by a kill was never relied on."""
        if self.path.exists():
            for line in _whole_lines(self.path):
                self._apply(json.loads(line))
            # A torn last line must not swallow the next one.
            with self.path.open("ab") as file:
                file.write(b"\n")

    def intend(self, asked: Asked) -> None:
        """Write down what is going to be asked."""
        self._write(
            {"key": asked.key, "operation": asked.operation, "practice": asked.practice, "given": asked.given}
        )  # fmt: skip

    def answered(
        self, asked: Asked, *, effect: str | None = None, refused: str | None = None
    ) -> None:
        """Write down what was answered."""
        self._write({"key": asked.key, "effect": effect, "refused": refused})

    def open(self) -> list[Asked]:
        """What has no answer yet."""
        return [each for each in self.asked.values() if not each.is_settled]

    def _write(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        if "operation" in line:
            self.asked[line["key"]] = Asked(**line)
        else:
            found = self.asked[line["key"]]
            found.effect, found.refused = line["effect"], line["refused"]


def _whole_lines(path: Path) -> Iterator[bytes]:
    for line in path.read_bytes().split(b"\n"):
        if line.endswith(b"}"):
            try:
                json.loads(line)
            except ValueError:
                continue
            yield line


def all_asked(folder: Path) -> Iterable[Asked]:
    """Everything that every client asked for."""
    for path in sorted(folder.glob("client-*.jsonl")):
        yield from Notes(path).asked.values()
