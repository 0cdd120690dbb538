"""Ids and pages, after Relay.

**Global ids** are opaque: base64url of the type's name and the 16 bytes of the UUID. One type's id given where another is
expected is refused by name. An id is no secret and grants nothing.

**Cursors** are opaque and versioned: base64url of the order's name and the sort key of one row. Pages are cut by key, never by
offset, so a row inserted or removed elsewhere neither repeats nor hides one. A cursor made under one order is refused under
another.

A list field reads like this:

    CLIENTS_BY_NAME = Keyset("clients.name", (str, UUID))

    @strawberry.field
    async def clients(self, info: Info, first: int | None = None, after: str | None = None,
                      last: int | None = None, before: str | None = None) -> Connection[Client]:
        page = CLIENTS_BY_NAME.page(first, after, last, before)
        rows = await queries.page(limit=page.fetch, after=page.after, before=page.before, backward=page.backward)
        return Connection.of(page, rows, node=Client.of, key=lambda row: (row.name, row.id), total=queries.count)

`queries.page` returns rows *after* `after` and *before* `before` in the order, from the near end: ascending, or when
`backward`, descending from `before`.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from services.rules.errors import InvalidInput

MAX_PAGE_SIZE: Final = 100
"""The most that `first` or `last` may ask for."""
DEFAULT_PAGE_SIZE: Final = 50
"""What a list gives when neither `first` nor `last` is given."""

_CURSOR_VERSION: Final = 1
_MAX_OPAQUE_LENGTH: Final = 2_048


def _opaque(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _transparent(text: str) -> bytes | None:
    """The bytes behind an opaque text, or None. Only the one canonical spelling is taken."""
    if len(text) > _MAX_OPAQUE_LENGTH:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if _opaque(raw) == text else None


# --- global ids ----------------------------------------------------------------------------------------------------------


def encode_id(type_name: str, value: UUID) -> strawberry.ID:
    """The global id of a thing: `encode_id("Client", row.id)`."""
    return strawberry.ID(_opaque(type_name.encode("ascii") + b":" + value.bytes))


def read_id(text: str, field: str) -> tuple[str, UUID]:
    """The type's name and the UUID behind a global id. Raises InvalidInput (ID_INVALID) naming `field`."""
    raw = _transparent(text)
    if raw is None or len(raw) < 18 or raw[-17:-16] != b":" or not raw[:-17].isalnum():
        raise InvalidInput("This is not an id of this API.", code="ID_INVALID", field=field)
    return raw[:-17].decode("ascii"), UUID(bytes=raw[-16:])


def decode_id(type_name: str, text: str, field: str) -> UUID:
    """The UUID behind the global id of a `type_name`. Raises InvalidInput (ID_INVALID) naming `field`."""
    found, value = read_id(text, field)
    if found != type_name:
        raise InvalidInput(
            f"This is the id of a {found:.40}, not of a {type_name}.",
            code="ID_INVALID",
            field=field,
        )
    return value


# --- cursors and pages ---------------------------------------------------------------------------------------------------

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted, in terms that any query understands."""

    keyset: "Keyset"
    limit: int
    after: Key | None
    before: Key | None
    backward: bool

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than wanted, to know whether there are more."""
        return self.limit + 1


@dataclass(frozen=True, slots=True)
class Keyset:
    """A total order that pages are cut by: its stable name and the types of its key, the last of which is the tiebreak.

    `kinds` may hold str, int, date, datetime and UUID. A column of the key must not be nullable.
    """

    name: str
    kinds: tuple[type, ...]

    def cursor(self, key: Key) -> str:
        """The opaque cursor of the row with this key."""
        values = [_to_plain(value) for value in key]
        return _opaque(orjson.dumps([_CURSOR_VERSION, self.name, *values]))

    def key(self, cursor: str, field: str) -> Key:
        """The key behind a cursor. Raises InvalidInput (CURSOR_INVALID) naming `field`."""
        raw = _transparent(cursor)
        try:
            version, name, *values = orjson.loads(raw or b"")
            if (version, name, len(values)) != (_CURSOR_VERSION, self.name, len(self.kinds)):
                raise ValueError("made by another version or order")
            return tuple(_from_plain(*pair) for pair in zip(self.kinds, values, strict=True))
        except (ValueError, TypeError, OverflowError):
            raise InvalidInput(
                "This is not a cursor of this list in this order.",
                code="CURSOR_INVALID",
                field=field,
            ) from None

    def page(
        self, first: int | None, after: str | None, last: int | None, before: str | None
    ) -> Page:
        """Relay's four arguments as a page. Raises InvalidInput (PAGE_INVALID, CURSOR_INVALID) naming the argument."""
        if first is not None and last is not None:
            raise InvalidInput("Give first or last, not both.", code="PAGE_INVALID", field="last")
        for field, size in (("first", first), ("last", last)):
            if size is not None and not 0 <= size <= MAX_PAGE_SIZE:
                raise InvalidInput(
                    f"{field} is between 0 and {MAX_PAGE_SIZE}.", code="PAGE_INVALID", field=field
                )
        size = last if last is not None else first
        return Page(
            keyset=self,
            limit=DEFAULT_PAGE_SIZE if size is None else size,
            after=None if after is None else self.key(after, "after"),
            before=None if before is None else self.key(before, "before"),
            backward=last is not None,
        )


def _to_plain(value: object) -> str | int:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be part of a key")


def _from_plain(kind: type, value: object) -> object:
    if kind is int:
        if type(value) is int and -(2**63) <= value < 2**63:
            return value
        raise ValueError("not a whole number")
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("not text")
    if kind is str:
        return value
    if kind is UUID:
        return UUID(hex=value)
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.utcoffset() is None:
            raise ValueError("no offset")
        return instant
    if kind is date:
        return date.fromisoformat(value)
    raise TypeError(f"{kind.__name__} cannot be part of a key")


# --- types ---------------------------------------------------------------------------------------------------------------

T = TypeVar("T")
Row = TypeVar("Row")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether more rows follow.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row.")


@strawberry.type(description="One row of a page and its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    node: T = strawberry.field(description="The row.")
    cursor: str = strawberry.field(description="Continue from here with `after` or `before`.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with `nodes` as a shortcut. The count is only taken when it is asked for."""

    nodes: list[T] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    cursors: strawberry.Private[Sequence[str]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The rows of this page, each with its cursor.")
    def edges(self) -> list[Edge[T]]:
        """Pairs of row and cursor."""
        pairs = zip(self.nodes, self.cursors, strict=True)
        return [Edge(node=node, cursor=cursor) for node, cursor in pairs]

    @strawberry.field(description="How many rows the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        """The count, by its own read: the one that fetched the page has ended by then."""
        return await self.count()

    @classmethod
    def of(
        cls,
        page: Page,
        rows: Sequence[Row],
        *,
        node: Callable[[Row], T],
        key: Callable[[Row], Key],
        total: Callable[[], Awaitable[int]],
    ) -> "Connection[T]":
        """A page from at most `page.fetch` rows in the order they were read; a backward read is turned round here."""
        kept = rows[: page.limit]
        if page.backward:
            kept = kept[::-1]
        has_more = len(rows) > page.limit
        cursors = [page.keyset.cursor(key(row)) for row in kept]
        return cls(
            nodes=[node(row) for row in kept],
            cursors=cursors,
            count=total,
            page_info=PageInfo(
                # In the direction that was not read the cursor itself is the evidence: it came from a row there.
                has_next_page=page.before is not None if page.backward else has_more,
                has_previous_page=has_more if page.backward else page.after is not None,
                start_cursor=cursors[0] if cursors else None,
                end_cursor=cursors[-1] if cursors else None,
            ),
        )


# --- refetching by id ----------------------------------------------------------------------------------------------------


@strawberry.interface(description="A thing with an id of its own, which `node(id)` finds again.")
class Node:
    """Relay's node. Set `id` with `encode_id`."""

    id: strawberry.ID = strawberry.field(description="Opaque; unique over all types.")


NodeFetch = Callable[[strawberry.Info, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]]
_FETCHES: dict[str, NodeFetch] = {}


def fetches(type_name: str) -> Callable[[NodeFetch], NodeFetch]:
    """Register the function that finds things of this type by UUID, those the actor may see and no others."""

    def register(fetch: NodeFetch) -> NodeFetch:
        _FETCHES[type_name] = fetch
        return fetch

    return register


async def find_nodes(info: strawberry.Info, ids: Sequence[str], field: str) -> list[Node | None]:
    """The things behind global ids, in their order; None where there is none that the actor may see."""
    if len(ids) > MAX_PAGE_SIZE:
        raise InvalidInput(f"At most {MAX_PAGE_SIZE} ids.", code="PAGE_INVALID", field=field)
    wanted = [read_id(text, field) for text in ids]
    found: dict[tuple[str, UUID], Node] = {}
    for type_name in dict.fromkeys(name for name, _ in wanted):
        # One type after the other: the reads may share one transaction, which takes one statement at a time.
        if fetch := _FETCHES.get(type_name):
            uuids = list(dict.fromkeys(value for name, value in wanted if name == type_name))
            for value, node in (await fetch(info, uuids)).items():
                found[type_name, value] = node
    return [found.get(pair) for pair in wanted]


@strawberry.type
class NodeQuery:
    """Mix into Query."""

    @strawberry.field(description="The thing with this id, or null.")
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        """Refetch one thing."""
        return (await find_nodes(info, [id], "id"))[0]

    @strawberry.field(
        description="The things with these ids, in their order, null where there is none."
    )
    async def nodes(self, info: strawberry.Info, ids: list[strawberry.ID]) -> list[Node | None]:
        """Refetch several things, at most 100."""
        return await find_nodes(info, ids, "ids")
