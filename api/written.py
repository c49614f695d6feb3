"""How texts must be written, in sentences: what a pattern asks for, for who sent something else. Pure."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final = {
    "^[0-9a-f]{32}$": "An id is 32 characters of 0-9 and a-f, as answers of the API give it",
    r"^[^\x00-\x1f\x7f]*$": "This stands on one line, without control characters",
    r"^[^\s@,;<>\x00-\x1f\x7f]+@[^\s@,;<>\x00-\x1f\x7f]+$": "This is no mail address, such as lea@acme.example",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$": "A name here has up to 63 letters, digits, `.`, `_` and `-`, and begins with "
    "a letter or a digit",
    r"^[0-9]{1,7}(\.[0-9]{1,6})?$": "Write the amount as a text of digits, such as 25 or 25.50",
    "^https://": "Write an address that begins with https://",
}  # fmt: skip
_CHOICE: Final = re.compile(r"\^\((\w+(?:\|\w+)+)\)\$")


def asked_by(pattern: str) -> str:
    """Return the sentence, without its full stop, that says what a pattern asks for."""
    if choice := _CHOICE.fullmatch(pattern):
        return f"Write one of {', '.join(choice[1].split('|'))}"
    return _SENTENCES.get(pattern, "This is not written as it must be: the description of the route says how")
