"""What one request knows: who asks, what time it is, and what it has read already."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry
from strawberry.dataloader import DataLoader

from db.unit_of_work import UnitOfWork, read_only
from services.access import Unauthenticated
from services.actor import Actor


@dataclass
class Context:
    """One request. `now` stands still while the request is worked on."""

    asker: Actor | None
    now: datetime
    base_url: str = ""
    _loaders: dict[str, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks. Raises `Unauthenticated` where no token came along."""
        if self.asker is None:
            raise Unauthenticated("Send a token: Authorization: Bearer sw_…")
        return self.asker

    @property
    def today(self) -> date:
        """The calendar date right now where the practice is."""
        return self.now.astimezone(ZoneInfo(self.actor.timezone)).date()

    def loader(
        self, name: str, load: Callable[[list[Any]], Awaitable[Sequence[Any]]]
    ) -> DataLoader[Any, Any]:
        """This request's loader of that name, so that many rows' relations are read in one statement."""
        if name not in self._loaders:
            self._loaders[name] = DataLoader(load_fn=load)
        return self._loaders[name]

    def children(
        self,
        name: str,
        parent_column: str,
        read: Callable[[UnitOfWork, Sequence[UUID]], Awaitable[Sequence[Any]]],
        node: Callable[[Any], Any],
    ) -> DataLoader[UUID, list[Any]]:
        """This request's loader of a list below each of many parents: one statement for all of them. `read` answers rows
        that name their parent in `parent_column`, in the order they are to have."""

        async def load(ids: list[UUID]) -> list[list[Any]]:
            async with read_only(self.actor.scope()) as uow:
                rows = await read(uow, ids)
            found: dict[UUID, list[Any]] = {value: [] for value in ids}
            for row in rows:
                found[row[parent_column]].append(node(row))
            return [found[value] for value in ids]

        return self.loader(name, load)


Info = strawberry.Info[Context, None]
"""The `info` argument of a resolver."""
