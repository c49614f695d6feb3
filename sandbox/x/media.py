"""Media: sent in segments, finalized, processed for a while, and good for a day.

From xdevplatform/docs, x-api/media (read on 2026-08-22): categories, largest sizes, at most four photos or one GIF or
one video in a post. The states and keys are those of OpenAPI 2.167.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.images import sniff
from sandbox.network import Picture
from sandbox.x.problems import invalid, not_found

if TYPE_CHECKING:
    from sandbox.network import Network
    from sandbox.x.bodies import NewMetadata, NewUpload, Segment

LARGEST: Final = {
    "tweet_image": 5_000_000,
    "tweet_gif": 15_000_000,
    "tweet_video": 512_000_000,
    "amplify_video": 512_000_000,
}
SEGMENT: Final = 5 * 1024 * 1024
GOOD_FOR: Final = timedelta(hours=24)
_KEYS: Final = {"tweet_image": "3", "tweet_gif": "16", "tweet_video": "7", "amplify_video": "13"}
_PENDING: Final = timedelta(seconds=1)
_PROCESSED: Final = timedelta(seconds=2)
PHOTOS: Final = 4
PROCESSING: Final = "processing"
"""The fact that says how often X answers that it is not done with a new photo, and whether it ever is."""


@dataclass(slots=True)
class _Upload:
    asked: NewUpload
    owner: str
    parts: dict[int, bytes] = field(default_factory=dict)


class Media:
    """The uploads that are under way, and what has become of those that ended."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._uploads: dict[str, _Upload] = {}

    def initialize(self, owner: str, asked: NewUpload) -> dict[str, Any]:
        """Begin an upload."""
        largest = LARGEST.get(asked.media_category)
        if largest is None:
            raise invalid((f"media_category {asked.media_category} is not for posts", {}))
        kind = "image/gif" if asked.media_category == "tweet_gif" else f"{asked.media_category.split('_')[1]}/"
        if not asked.media_type.startswith(kind):
            raise invalid((f"media_type {asked.media_type} does not fit media_category {asked.media_category}", {}))
        if not 0 < asked.total_bytes <= largest:
            raise invalid(
                (f"File size exceeds {largest} bytes, or is nothing", {"total_bytes": [str(asked.total_bytes)]})
            )
        number = self._network.new_number()
        self._uploads[number] = _Upload(asked, owner)
        return {"id": number, "media_key": _key(number, asked.media_category), "expires_after_secs": _seconds(GOOD_FOR)}

    def append(self, owner: str, number: str, segment: Segment) -> dict[str, Any]:
        """Take a segment; one that comes again replaces what was there."""
        upload = self._upload(owner, number)
        if len(segment.media) > SEGMENT:
            raise invalid((f"A segment has at most {SEGMENT} bytes", {"segment_index": [str(segment.segment_index)]}))
        upload.parts[segment.segment_index] = segment.media
        return {"expires_at": int((self._network.clock.now() + GOOD_FOR).timestamp())}

    def finalize(self, owner: str, number: str) -> dict[str, Any]:
        """End an upload: everything must be there, and be what was announced."""
        upload = self._upload(owner, number)
        asked = upload.asked
        data = b"".join(upload.parts[index] for index in sorted(upload.parts))
        if sorted(upload.parts) != list(range(len(upload.parts))) or len(data) != asked.total_bytes:
            raise invalid((f"Segments do not add up: {len(data)} of {asked.total_bytes} bytes", {"id": [number]}))
        image = sniff(data)
        fits = image.media == asked.media_type if image else asked.media_type.startswith("video/") and _is_video(data)
        if not fits and asked.media_category == "tweet_image":
            raise invalid(("Invalid media: the file is not what media_type says", {"id": [number]}))
        del self._uploads[number]
        width, height = (image.width, image.height) if image else (0, 0)
        kept = data if image else b""
        self._network.add_picture(
            Picture(id=number, owner=owner, media=asked.media_type, width=width, height=height, data=kept)
        )
        record = {
            "category": asked.media_category,
            "owners": [owner, *asked.additional_owners],
            "size": len(data),
            "fits": fits,
            "at": self._network.clock.now().isoformat(),
            "takes": 0,
        }
        if asked.media_category == "tweet_image":
            record |= self._network.facts.get(PROCESSING, {})
        self._network.put(f"media {number}", record)
        return self.status(owner, number)

    def status(self, owner: str, number: str) -> dict[str, Any]:
        """Return how far X is with media."""
        known = self._known(owner, number)
        age = self._network.clock.now() - datetime.fromisoformat(known["at"])
        said = {
            "id": number,
            "media_key": _key(number, known["category"]),
            "size": known["size"],
            "expires_after_secs": max(0, _seconds(GOOD_FOR - age)),
        }
        if known["category"] == "tweet_image":
            picture = self._network.pictures[number]
            image = {"image": {"image_type": picture.media, "w": picture.width, "h": picture.height}}
            return said | image | self._photo(number, known)
        return said | {"processing_info": _processing(age, fits=known["fits"])}

    def _photo(self, number: str, known: dict[str, Any]) -> dict[str, Any]:
        """Say of most photos nothing; where X was told to take its time, or to fail, say so as often as it was told."""
        if known["takes"] > 0:
            self._network.put(f"media {number}", known | {"takes": known["takes"] - 1})
            return {"processing_info": {"state": "pending", "check_after_secs": 1}}
        return {} if known["fits"] else {"processing_info": {"state": "failed", "progress_percent": 100}}

    def describe(self, owner: str, asked: NewMetadata) -> dict[str, Any]:
        """Give media an alternative text."""
        self._known(owner, asked.id)
        alt = asked.metadata.alt_text.text if asked.metadata and asked.metadata.alt_text else ""
        self._network.add_picture(self._network.pictures[asked.id].model_copy(update={"alt": alt}))
        return {"id": asked.id, "associated_metadata": {"alt_text": {"text": alt}}}

    def attached(self, owner: str, numbers: list[str]) -> list[str]:
        """Return the keys of media for a post, or refuse what is not there, not ready, or does not go together."""
        categories = [self._ready(owner, number) for number in numbers]
        if None in categories or len(set(numbers)) < len(numbers):
            raise invalid(("Your media IDs are invalid.", {"media.media_ids": numbers}))
        if len(numbers) > (PHOTOS if set(categories) == {"tweet_image"} else 1):
            raise invalid(("A post has up to 4 photos, or 1 animated GIF, or 1 video.", {"media.media_ids": numbers}))
        return [_key(number, str(category)) for number, category in zip(numbers, categories, strict=True)]

    def _ready(self, owner: str, number: str) -> str | None:
        known = self._network.facts.get(f"media {number}")
        if known is None or owner not in known["owners"]:
            return None
        age = self._network.clock.now() - datetime.fromisoformat(known["at"])
        done = known["fits"] and (age >= _PROCESSED if known["category"] != "tweet_image" else not known["takes"])
        return str(known["category"]) if done and age < GOOD_FOR else None

    def _upload(self, owner: str, number: str) -> _Upload:
        upload = self._uploads.get(number)
        if upload is None or upload.owner != owner:
            raise not_found("media", "id", number)
        return upload

    def _known(self, owner: str, number: str) -> dict[str, Any]:
        known: dict[str, Any] | None = self._network.facts.get(f"media {number}")
        if known is None or owner not in known["owners"]:
            raise not_found("media", "id", number)
        return known


def _processing(age: timedelta, *, fits: bool) -> dict[str, Any]:
    if age < _PENDING:
        return {"state": "pending", "check_after_secs": 1}
    if age < _PROCESSED:
        return {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
    return {"state": "succeeded" if fits else "failed", "progress_percent": 100}


def _is_video(data: bytes) -> bool:
    return data[4:8] == b"ftyp" or data.startswith(b"\x1a\x45\xdf\xa3")  # ISO media, or Matroska's


def _key(number: str, category: str) -> str:
    return f"{_KEYS[category]}_{number}"


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
