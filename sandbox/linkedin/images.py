"""Images for posts: an address to upload to, and what LinkedIn takes there.

From learn.microsoft.com, images-api (view li-lms-2026-05): JPG, PNG and GIF, below 36,152,320 pixels.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.images import sniff
from sandbox.linkedin.bodies import NewImage, taken
from sandbox.linkedin.refusals import RefusalError, not_yours
from sandbox.network import Picture

if TYPE_CHECKING:
    from sandbox.network import Network

PIXELS: Final = 36_152_320
TAKEN: Final = frozenset({"image/jpeg", "image/png", "image/gif"})
OPEN_FOR: Final = timedelta(hours=24)
_URN: Final = "urn:li:image:"


def begin_upload(network: Network, account: str, raw: bytes, base: str) -> dict[str, Any]:
    """Return where an image may be sent, and the URN that it will have."""
    asked = taken(NewImage, raw).initialize_upload_request
    if asked.owner != account:
        raise not_yours("/initializeUploadRequest/owner")
    key = f"D4E{network.new_number()}"
    ends = network.clock.now() + OPEN_FOR
    network.put(f"upload {key}", {"owner": account, "ends": ends.isoformat()})
    return {
        "value": {
            "uploadUrlExpiresAt": int(ends.timestamp() * 1000),
            "uploadUrl": f"{base}/dms-uploads/{key}/uploaded-image/0",
            "image": f"{_URN}{key}",
        }
    }


def upload(network: Network, account: str, key: str, data: bytes) -> Picture:
    """Take an image; the same address takes it again until it has expired."""
    known = network.facts.get(f"upload {key}")
    if known is None or datetime.fromisoformat(known["ends"]) <= network.clock.now():
        raise RefusalError(404, "The upload URL is unknown or has expired", code="NOT_FOUND")
    if known["owner"] != account:
        raise not_yours("/owner")
    image = sniff(data)
    if image is None or image.media not in TAKEN:
        raise RefusalError(400, "The image is none of JPG, PNG and GIF", code="UNSUPPORTED_MEDIA_TYPE")
    pixels = image.width * image.height
    if not 0 < pixels < PIXELS:
        raise RefusalError(400, f"The image has {pixels} pixels; fewer than {PIXELS} are taken", code="TOO_LARGE")
    return network.add_picture(
        Picture(id=f"{_URN}{key}", owner=account, media=image.media, width=image.width, height=image.height, data=data)
    )
