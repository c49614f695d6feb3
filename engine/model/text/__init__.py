"""Text as readers and networks see it: how long it is, what is a link, a hashtag, a mention, what the same words."""

from __future__ import annotations

from engine.model.text.fitting import ELLIPSIS, fit
from engine.model.text.links import link_spans
from engine.model.text.units import Unit, measure
from engine.model.text.weigh import V3, Weighting, fits_until, refused, weigh
from engine.model.text.words import (
    HASHTAG,
    LINK,
    MENTION,
    fingerprint_of,
    hashtags_in,
    links_in,
    mentions_in,
    normalised,
    storable,
)

__all__ = [
    "ELLIPSIS",
    "HASHTAG",
    "LINK",
    "MENTION",
    "V3",
    "Unit",
    "Weighting",
    "fingerprint_of",
    "fit",
    "fits_until",
    "hashtags_in",
    "link_spans",
    "links_in",
    "measure",
    "mentions_in",
    "normalised",
    "refused",
    "storable",
    "weigh",
]
