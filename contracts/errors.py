"""What can go wrong with a document. One type, so that a caller catches one thing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a message for people, and where it is in the data or the template."""

    message: str
    field: str | None = None
    place: str | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.place})" if self.place else self.message


class DocumentError(Exception):
    """Data or template do not make a document.

    ``message`` tells all problems at once, ``field`` is the path of the first one in the data
    (``scope.phases[2].items[0].name``), ``problems`` holds them apart.
    """

    def __init__(
        self, message: str, field: str | None = None, problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.problems = problems or (Problem(message, field),)

    @classmethod
    def of(cls, problems: list[Problem]) -> "DocumentError":
        """One error for several problems, told in the order in which they were found."""
        return cls("; ".join(str(p) for p in problems), problems[0].field, tuple(problems))


class PdfUnavailable(DocumentError):
    """No PDF can be made on this machine; the message says how to get the program."""
