"""What an attached file is, by the type that the feed gives it or by the end of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from engine.model.post import MediaKind

_BY_TYPE: Final[dict[str, MediaKind]] = {"image": "image", "video": "video", "audio": "audio"}
_DOCUMENTS: Final = ("application/pdf", "application/msword", "application/vnd.", "application/epub")
_BY_END: Final[dict[str, MediaKind]] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif"), "image"),
    **dict.fromkeys(("mp4", "m4v", "mov", "webm"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "oga", "opus", "wav", "flac"), "audio"),
    **dict.fromkeys(("pdf", "epub", "docx", "pptx", "xlsx", "odt"), "document"),
}


def media_kind(mime: str | None, url: str) -> MediaKind | None:
    """Return the kind of a file at an absolute or relative address; None for pages, players and the unknown."""
    family = (mime or "").partition("/")[0].strip().lower()
    if family in _BY_TYPE:
        return _BY_TYPE[family]
    if (mime or "").lower().startswith(_DOCUMENTS):
        return "document"
    if mime and family != "application":
        return None
    return _BY_END.get(urlsplit(url).path.rpartition(".")[2].lower()) if "." in url else None
