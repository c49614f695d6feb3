"""HTML as posts bring it: what it says as plain text, what it points to and shows, and a copy without anything active.

What a stranger wrote is sanitised first (nh3) and only the result is read (selectolax), so that text, links and media
all come from what would be shown. Both are quadratic in the depth of nesting, so a document that is nested more deeply
than any page loses its tags first.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import nh3
import regex
from selectolax.lexbor import LexborHTMLParser

from engine.content.prose import Prose
from engine.model.post import Link, Media

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_DEPTH: Final = 300
MAX_URL: Final = 2_000
SCHEMES: Final = {"http", "https", "mailto", "tel"}

_TAGS: Final = nh3.ALLOWED_TAGS | {"video", "audio", "source"}
_ATTRIBUTES: Final = {
    **nh3.ALLOWED_ATTRIBUTES,
    "video": {"src", "poster", "width", "height", "controls"},
    "audio": {"src", "controls"},
    "source": {"src", "type"},
}
_GONE: Final = nh3.CLEAN_CONTENT_TAGS | {"iframe", "object", "noscript", "template", "title", "svg", "math", "form"}

_TAG: Final = regex.compile(r"<(/?)([a-z][a-z0-9]*)", regex.IGNORECASE)
_ANY_TAG: Final = regex.compile(r"<[/a-z!?][^<>]*>?", regex.IGNORECASE)
# Tags that hold nothing, or whose end HTML lets a writer leave out: opening many of them nests nothing.
_FLAT: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "p", "li", "dt", "dd", "td", "th", "tr", "option",
})  # fmt: skip
_PARAGRAPHS: Final = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "figure", "dl", "details", "hr", "ul",
    "ol",
})  # fmt: skip
_LINES: Final = frozenset({
    "div", "li", "tr", "dt", "dd", "section", "article", "header", "footer", "aside", "nav", "caption", "summary",
    "center",
})  # fmt: skip
# A picture of one pixel counts readers; attributes are quoted and `>` is escaped in what nh3 gives.
_PIXEL: Final = regex.compile(r'<img(?=[^>]*\s(?:width|height)="[01]")[^>]*>')
_PICTURE: Final = regex.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?|$)", regex.IGNORECASE)
# A picture's caption, often its credit, is not what the post says.
_ASIDE: Final = frozenset({"figcaption"})
_MEDIA: Final = {"img": "image", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as its reader meets it; addresses are absolute."""

    text: str = ""
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()


def is_markup(text: str) -> bool:
    """Tell whether a text that is said to be HTML has any tag; without one its own line breaks are what was meant."""
    return _TAG.search(text) is not None


def sanitised(html: str, base: str | None = None) -> str:
    """Return the document without anything active, its addresses made absolute by `base` where that is one."""
    if too_deep(html):
        html = nh3.clean_text(unescape(_ANY_TAG.sub(" ", html)))
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_GONE,
        url_schemes=SCHEMES,
        url_relative=("rewrite_with_base", base) if base and is_web(base) else "deny",
    )
    return _PIXEL.sub("", clean).strip()


def read(clean: str, base: str | None = None) -> Reading:
    """Read a document that `sanitised` gave; `base` tells which links lead into the document itself."""
    body = LexborHTMLParser(clean).body
    reader = _Reader(base)
    if body is not None:
        _walk(body, reader)
    return reader.reading()


def words(html: str) -> str:
    """Return what a document says without the addresses of its links: for titles and names."""
    body = LexborHTMLParser(sanitised(html)).body
    reader = _Reader(None, addresses=False)
    if body is not None:
        _walk(body, reader)
    return reader.reading().text


def is_web(url: str) -> bool:
    """Tell whether it is an absolute http(s) address that can be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def absolute(url: str | None, base: str | None) -> str | None:
    """Return the address as an absolute http(s) one, joined to `base`; None where it is not one or too long to be."""
    stated = (url or "").strip()
    try:
        joined = urljoin(base or "", stated) if stated else ""
    except ValueError:
        return None
    return joined if len(joined) <= MAX_URL and is_web(joined) else None


def too_deep(html: str) -> bool:
    """Tell whether it is nested more deeply than any page: parsers are quadratic in that."""
    depth = 0
    for match in _TAG.finditer(html):
        if match.group(2).lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if match.group(1) else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def _walk(root: LexborNode, reader: _Reader) -> None:
    """Go through the tree in order, telling the reader where each node begins and ends; no recursion."""
    node = root
    while True:
        reader.begin(node)
        below = None if node.tag in _ASIDE else node.first_child
        while below is None:
            reader.end(node)
            if node == root:
                return
            below = node.next
            if below is None:
                parent = node.parent
                if parent is None or parent == root:
                    return
                node = parent
        node = below


class _Reader:
    """Collects text, links and media of one document."""

    def __init__(self, base: str | None, *, addresses: bool = True) -> None:
        self._addresses = addresses
        self._page = (base or "").partition("#")[0]
        self._prose = Prose()
        self._lists: list[int | None] = []
        self._labels: list[int] = []
        self._links: dict[str, Link] = {}
        self._media: dict[str, Media] = {}

    def reading(self) -> Reading:
        return Reading(self._prose.text(), tuple(self._links.values()), tuple(self._media.values()))

    def begin(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            self._prose.words(node.text_content or "")
            return
        self._gap(tag)
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "pre":
            self._prose.literal += 1
        elif tag == "a" and self._addresses:
            self._labels.append(self._prose.mark())
        elif tag == "br":
            self._prose.line()
        elif tag in {"td", "th"}:
            self._prose.cell()
        elif tag in _MEDIA:
            self._show(node, tag)
        elif tag == "source":
            self._show_source(node)

    def end(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "pre":
            self._prose.literal -= 1
        elif tag == "a" and self._labels:
            self._point(node, self._labels.pop())
        self._gap(tag)

    def _gap(self, tag: str | None) -> None:
        if tag in _PARAGRAPHS and not (self._lists and tag in {"ul", "ol", "p"}):
            self._prose.gap(2)
        elif tag in _LINES or tag in _PARAGRAPHS:
            self._prose.gap(1)

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        sign = "• " if number is None else f"{number + 1}. "
        self._prose.prefix("  " * max(0, len(self._lists) - 1) + sign)

    def _point(self, node: LexborNode, mark: int) -> None:
        url = node.attributes.get("href") or ""
        label = self._prose.since(mark)
        if not is_web(url) or label.startswith(("#", "@")) or (self._page and url.startswith(f"{self._page}#")):
            return
        if not label and _PICTURE.search(url):
            return  # a picture that opens itself
        known = url in self._links
        if _is_its_address(label, url):
            self._prose.instead(mark, url)
            label = ""
        elif label and not known:
            self._prose.append(f" ({url})")
        if not known:
            self._links[url] = Link(url=url, title=label[:300])

    def _show(self, node: LexborNode, tag: str) -> None:
        about = node.attributes
        url, alt = about.get("src") or "", (about.get("alt") or "").strip()
        width, height = _pixels(about.get("width")), _pixels(about.get("height"))
        if tag == "img" and alt and not regex.search(r"[\p{L}\p{N}]", alt):
            self._prose.words(alt)  # an emoji drawn as a picture
        elif is_web(url) and not (width is not None and width <= 1) and not (height is not None and height <= 1):
            self._media.setdefault(
                url,
                Media(url=url, kind=_MEDIA[tag], alt=alt, width=width, height=height),  # type: ignore[arg-type]
            )

    def _show_source(self, node: LexborNode) -> None:
        above, url = node.parent, node.attributes.get("src") or ""
        if above is not None and above.tag in {"video", "audio"} and is_web(url):
            mime = node.attributes.get("type")
            self._media.setdefault(url, Media(url=url, kind=_MEDIA[above.tag], mime=mime))  # type: ignore[arg-type]


def _is_its_address(label: str, url: str) -> bool:
    """Tell whether a link's words are its own address, whole or shortened as readers shorten it."""
    bare = _bare(label.removesuffix("…").removesuffix("..."))
    return bool(bare) and ("." in bare) and (_bare(url) == bare or (label != bare and _bare(url).startswith(bare)))


def _bare(url: str) -> str:
    return url.strip().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _pixels(value: str | None) -> int | None:
    number = (value or "").strip().removesuffix("px")
    return int(number) if number.isdecimal() and len(number) <= 5 else None  # noqa: PLR2004 - wider than any screen
