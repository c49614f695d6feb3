"""Text as readers and networks see it: how long it is, what is a link, a hashtag, a mention, what the same words."""

from __future__ import annotations

from engine.model.text.entities import Entity, entities_in, spans_in, x_entities_in, x_reply_in
from engine.model.text.fitting import ELLIPSIS, Bound, fit, fit_into, within
from engine.model.text.links import link_spans
from engine.model.text.little import escape_little, unescape_little
from engine.model.text.units import Unit, measure
from engine.model.text.validity import is_x_address, is_x_hashtag, is_x_list, is_x_name
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
    "Bound",
    "Entity",
    "Unit",
    "Weighting",
    "entities_in",
    "escape_little",
    "fingerprint_of",
    "fit",
    "fit_into",
    "fits_until",
    "hashtags_in",
    "is_x_address",
    "is_x_hashtag",
    "is_x_list",
    "is_x_name",
    "link_spans",
    "links_in",
    "measure",
    "mentions_in",
    "normalised",
    "refused",
    "spans_in",
    "storable",
    "unescape_little",
    "weigh",
    "within",
    "x_entities_in",
    "x_reply_in",
]
