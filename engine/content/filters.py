"""What a template may do to a value: small pure functions that know how large their result will be before they make it.

The names and meanings are those of Liquid; what grows a text is bounded, nothing reads a clock, and numbers stay small.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from liquid.exceptions import FilterArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 20_000
"""How many characters a value may have on its way: twice what a template takes in and gives out."""

MOST_ITEMS: Final = 2_000
"""How many items a list may have: as many as a long text has words."""

_ITEM: Final = 16
_MOST_NUMBER: Final = 10**15
_MOST_DIGITS: Final = 20
_MOST_FORMAT: Final = 100
_SPACE: Final = re.compile(r"\s+")
_DATE_FORMAT: Final = re.compile(r"(?:[^%]|%[-]?[aAbBdeHIjmMpSuUVwWyYzZ%])*")


def size_of(value: object) -> int:
    """Return how many characters a value has; numbers and times are short."""
    if isinstance(value, str):
        return len(value)
    return sum(len(item) for item in value if isinstance(item, str)) if isinstance(value, list) else 1


def cost_of(value: object) -> int:
    """Return what reading or writing a value costs, in characters; an item of a list costs as much as a short word."""
    return size_of(value) + (_ITEM * len(value) if isinstance(value, list) else 0)


def checked(value: object) -> object:
    """Return a value, or refuse one that is too large to go on with."""
    _bounded(size_of(value))
    if isinstance(value, list):
        _bounded_items(len(value))
    return value


def text_of(value: object) -> str:
    """Write a value as Liquid does."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "".join(text_of(item) for item in value)
    return str(value)


def _refused(sentence: str) -> FilterArgumentError:
    return FilterArgumentError(sentence, token=None)


def _bounded(size: int) -> None:
    if size > MOST:
        raise _refused(f"this makes a text of {size:,} characters, and {MOST:,} is the most")


def _bounded_items(count: int) -> None:
    if count > MOST_ITEMS:
        raise _refused(f"this makes a list of {count:,} items, and {MOST_ITEMS:,} is the most")


def _list_of(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _number(value: object) -> int | float:
    if value is None:
        return 0
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        try:
            value = float(value) if "." in value else int(value)
        except ValueError as error:
            raise _refused(f"{value!r} is not a number") from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused("this is not a number")
    if not -_MOST_NUMBER <= value <= _MOST_NUMBER:
        raise _refused("this number is too large")
    return value


def _whole(value: object) -> int:
    number = _number(value)
    if isinstance(number, float):
        raise _refused(f"{number} is not a whole number")
    return number


def append(value: object, more: object) -> str:
    """Put a text behind."""
    return text_of(value) + text_of(more)


def prepend(value: object, more: object) -> str:
    """Put a text before."""
    return text_of(more) + text_of(value)


def replace(value: object, old: object, new: object = "") -> str:
    """Put one text for each occurrence of another."""
    text, sought, given = text_of(value), text_of(old), text_of(new)
    _bounded(len(text) + text.count(sought) * (len(given) - len(sought)))
    return text.replace(sought, given)


def replace_first(value: object, old: object, new: object = "") -> str:
    """Put one text for the first occurrence of another."""
    return text_of(value).replace(text_of(old), text_of(new), 1)


def remove(value: object, old: object) -> str:
    """Take each occurrence of a text out."""
    return text_of(value).replace(text_of(old), "")


def remove_first(value: object, old: object) -> str:
    """Take the first occurrence of a text out."""
    return text_of(value).replace(text_of(old), "", 1)


def truncate(value: object, length: object = 50, end: object = "...") -> str:
    """Keep so many characters, with the mark that stands for the rest."""
    text, most, mark = text_of(value), _whole(length), text_of(end)
    return text if len(text) <= most else text[: max(0, most - len(mark))] + mark


def truncatewords(value: object, count: object = 15, end: object = "...") -> str:
    """Keep so many words, with the mark that stands for the rest."""
    words, most = text_of(value).split(), max(1, _whole(count))
    return " ".join(words) if len(words) <= most else " ".join(words[:most]) + text_of(end)


def slice_(value: object, start: object, length: object = 1) -> object:
    """Take a part of a text or list, from a place counted from 0, or from the end with a negative one."""
    whole = value if isinstance(value, list) else text_of(value)
    first, count = _whole(start), _whole(length)
    end = first + count
    return whole[first : None if first < 0 <= end else end]


def split(value: object, separator: object) -> list[str]:
    """Cut a text at each separator; at none, into characters."""
    text, cut = text_of(value), text_of(separator)
    if not cut:
        _bounded_items(len(text))
        return list(text)
    return text.split(None if cut == " " else cut) if text else []


def join(value: object, separator: object = " ") -> str:
    """Put the items of a list behind each other."""
    parts, glue = [text_of(item) for item in _list_of(value)], text_of(separator)
    _bounded(sum(map(len, parts)) + max(0, len(parts) - 1) * len(glue))
    return glue.join(parts)


def concat(value: object, more: object) -> list[Any]:
    """Put one list behind another."""
    return [*_list_of(value), *_list_of(more)]


def uniq(value: object) -> list[Any]:
    """Keep each item once."""
    return list({text_of(item): item for item in reversed(_list_of(value))}.values())[::-1]


def default(value: object, other: object = "", *, allow_false: object = False) -> object:
    """Give another value for nothing, an empty text or list, or false."""
    empty = value is None or value in ("", []) or (value is False and allow_false is not True)
    return other if empty else value


def date(value: object, form: object = "%Y-%m-%d") -> str:
    """Write a time in its mapping's zone by the usual letters: %d %m %Y %H %M %A %B and their kin."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        raise _refused("date writes times such as post.published_at; a template cannot ask what time it is")
    letters = text_of(form)
    if len(letters) > _MOST_FORMAT or not _DATE_FORMAT.fullmatch(letters):
        raise _refused(f"{letters[:_MOST_FORMAT]!r} is not a form for times: write for example %d/%m/%Y %H:%M")
    return value.strftime(letters)


def _divided(value: object, by: object) -> int | float:
    number, divisor = _number(value), _number(by)
    if divisor == 0:
        raise _refused("nothing can be divided by 0")
    return number // divisor if isinstance(number, int) and isinstance(divisor, int) else number / divisor


def _modulo(value: object, by: object) -> int | float:
    divisor = _number(by)
    if divisor == 0:
        raise _refused("nothing can be divided by 0")
    return _number(value) % divisor


FILTERS: dict[str, Callable[..., object]] = {
    "append": append, "prepend": prepend, "replace": replace, "replace_first": replace_first,
    "remove": remove, "remove_first": remove_first, "truncate": truncate, "truncatewords": truncatewords,
    "slice": slice_, "split": split, "join": join, "concat": concat, "uniq": uniq, "default": default, "date": date,
    "upcase": lambda value: text_of(value).upper(),
    "downcase": lambda value: text_of(value).lower(),
    "capitalize": lambda value: text_of(value).capitalize(),
    "strip": lambda value: text_of(value).strip(),
    "lstrip": lambda value: text_of(value).lstrip(),
    "rstrip": lambda value: text_of(value).rstrip(),
    "squish": lambda value: _SPACE.sub(" ", text_of(value)).strip(),
    "strip_newlines": lambda value: text_of(value).replace("\r", "").replace("\n", ""),
    "escape": lambda value: html.escape(text_of(value)),
    "url_encode": lambda value: quote_plus(text_of(value), errors="replace"),
    "size": lambda value: len(value) if isinstance(value, str | list) else 0,
    "first": lambda value: next(iter(_list_of(value)), None),
    "last": lambda value: next(reversed(_list_of(value)), None),
    "reverse": lambda value: _list_of(value)[::-1],
    "sort": lambda value: sorted(_list_of(value), key=text_of),
    "plus": lambda value, other: _number(value) + _number(other),
    "minus": lambda value, other: _number(value) - _number(other),
    "times": lambda value, other: _number(value) * _number(other),
    "divided_by": _divided,
    "modulo": _modulo,
    "at_least": lambda value, other: max(_number(value), _number(other)),
    "at_most": lambda value, other: min(_number(value), _number(other)),
    "round": lambda value: round(_number(value)),
}  # fmt: skip
"""Every filter by its name in a template; a value comes first, what stands behind the colon follows."""
