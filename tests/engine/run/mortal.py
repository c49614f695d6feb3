"""A store whose process dies before or after its n-th transaction: a kill at every numbered step, without patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.store.unit import Store


class Killed(BaseException):
    """The process ends here."""


class MortalStore:
    """Counts the transactions of one life; `lived` tells how many there were. With an error, the n-th only fails."""

    def __init__(self, store: Store, nth: int, *, after: bool, error: BaseException | None = None) -> None:
        self.dialect, self.read, self.close = store.dialect, store.read, store.close
        self._store, self._nth, self._after = store, nth, after
        self._error = error or Killed()
        self.lived = 0

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        self.lived += 1
        if self.lived == self._nth and not self._after:
            raise self._error
        result = await self._store.write(unit, *args, **kwargs)
        if self.lived == self._nth:
            raise self._error
        return result
