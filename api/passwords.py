"""Passwords: hashed by argon2id beside the event loop, a few at once, so that a flood of sign-ins starves nobody."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from api.errors import Fault, TooManyTriesError, UnprocessableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

SHORTEST: Final = 12
LONGEST: Final = 256
DIFFERENT: Final = 5
"""Characters that must differ: `aaaaaaaaaaaa` is long, and guessed at once."""

AT_ONCE: Final = 2
MOST_WAITING: Final = 32

# OWASP's first choice (cheatsheetseries.owasp.org, Password Storage): 46 MiB, one pass, one lane.
_MEMORY_KIB: Final = 47_104


def strong() -> Argon2Hasher:
    """Return argon2id as it is used in earnest: 46 MiB for each password."""
    return Argon2Hasher(time_cost=1, memory_cost=_MEMORY_KIB, parallelism=1)


class Passwords:
    """Hashes and verifies; the hash of nobody makes an unknown user cost as much as a wrong password."""

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hasher = PasswordHash((hasher or strong(),))
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chappe-password")
        self._waiting = 0
        self._nobody = ""

    async def hashed(self, password: str, *about: str) -> str:
        """Return the hash of a new password; raises UnprocessableError where it is weak.

        `about` are words that it must not be, such as the user's address.
        """
        if fault := weakness(password, *about):
            raise UnprocessableError(fault, [Fault(fault, "weak_password", pointer="/password")])
        return await self._beside(lambda: self._hasher.hash(password))

    async def fits(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Tell whether a password is right, and give a newer hash where the kept one is of weaker settings.

        Without a kept hash it is never right, after the same time.
        """
        if len(password) > LONGEST:
            password, kept = "", None
        if kept is None and not self._nobody:
            self._nobody = await self._beside(lambda: self._hasher.hash("nobody"))
        right, newer = await self._beside(lambda: self._verified(password, kept or self._nobody))
        return (right, newer) if kept is not None else (False, None)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _verified(self, password: str, kept: str) -> tuple[bool, str | None]:
        try:
            return self._hasher.verify_and_update(password, kept)
        except UnknownHashError:
            return False, None

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            message = "Too many people sign in at this moment: try again in a few seconds."
            raise TooManyTriesError(message, wait=timedelta(seconds=5))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def weakness(password: str, *about: str) -> str:
    """Return what is wrong with a password, nothing where it will do."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters: a sentence is easy to remember."
    if len(set(password)) < DIFFERENT:
        return f"The password repeats itself: use at least {DIFFERENT} different characters."
    if password.casefold() in {word.casefold() for word in about}:
        return "The password is your own name or address: choose what nobody knows."
    return ""
