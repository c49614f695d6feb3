"""What all shapes of the API have in common."""

from __future__ import annotations

from pydantic import BaseModel, PrivateAttr


class Shape(BaseModel):
    """What is sent or answered; fields that a newer instance adds are passed over."""

    _etag: str | None = PrivateAttr(default=None)

    @property
    def etag(self) -> str | None:
        """The state that it was read in, for `if_match`; None where the API gives none."""
        return self._etag

    def tagged(self, etag: str | None) -> None:
        """Note the state that it was read in."""
        self._etag = etag
