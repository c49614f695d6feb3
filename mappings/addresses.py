"""Addresses and what their queries say of readers: parameters that are set, and parameters that are taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_plus, urlencode, urlsplit, urlunsplit

from pydantic import Field

from engine.contract.node import NodeConfig
from mappings.fields import TemplateText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.contract.context import WalkContext
    from engine.model.post import Post

TRACKING: Final = frozenset({
    "__hsfp", "__hssc", "__hstc", "__s", "_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "dclid", "fbclid", "gbraid",
    "gclid", "gclsrc", "hsctatracking", "igshid", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "oly_anon_id", "oly_enc_id",
    "rb_clickid", "twclid", "vero_id", "wbraid", "wickedid", "yclid", "ysclid",
})  # fmt: skip
"""Parameters that tell readers apart, and change nothing of the page; all that begin with utm_ are added to them.

Firefox takes most of them off (https://firefox-source-docs.mozilla.org/toolkit/components/antitracking/anti-tracking/
query-stripping/index.html, and its list in https://gitlab.torproject.org/tpo/applications/tor-browser/-/commit/
1a0bbcf5c665fdbc64cd6ab1a50bdad68e20ac52); the others are of the same makers
(https://github.com/jparise/chrome-utm-stripper, https://gist.github.com/Aspie96/cf292e2a7a57e27196da19729fad4471). All
were read 2026-11-22.
"""


class Utm(NodeConfig):
    """The parameters by which web statistics tell where a reader came from."""

    source: TemplateText | None = Field(default=None, description="utm_source, such as ambassadors.")
    medium: TemplateText | None = Field(default=None, description="utm_medium, such as social.")
    campaign: TemplateText | None = Field(default=None, description="utm_campaign, such as {{ mapping.name }}.")
    term: TemplateText | None = Field(default=None, description="utm_term.")
    content: TemplateText | None = Field(default=None, description="utm_content.")

    def parameters(self, post: Post, ctx: WalkContext) -> dict[str, str]:
        """Return the parameters of a post's addresses; one whose value is empty is left out."""
        values = {
            f"utm_{name}": template.render(post, mapping=ctx.mapping, zone=ctx.zone).strip()
            for name, template in self
            if template is not None
        }
        return {name: value for name, value in values.items() if value}


def tagged(url: str, parameters: Mapping[str, str], *, overwrite: bool = True) -> str:
    """Return an http(s) address with these query parameters; others as they are.

    A parameter that it has already is replaced, or without `overwrite` left alone.
    """
    if overwrite:
        return _changed(url, lambda name: name not in parameters, parameters)
    present = {_name(pair) for pair in _pairs(url)}
    return _changed(url, lambda _: True, {name: value for name, value in parameters.items() if name not in present})


def canonical(url: str) -> str:
    """Return an http(s) address without the parameters that tell readers apart; whatever else it has stays."""
    return _changed(url, lambda name: name not in TRACKING and not name.startswith("utm_"), {})


def _changed(url: str, keeps: Callable[[str], bool], added: Mapping[str, str]) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # not an address that could be followed
        return url
    if parts.scheme.lower() not in ("http", "https"):
        return url
    kept = [pair for pair in parts.query.split("&") if pair and keeps(_name(pair))]
    query = "&".join(filter(None, [*kept, urlencode(added, quote_via=quote)]))
    return url if query == parts.query else urlunsplit(parts._replace(query=query))


def _pairs(url: str) -> list[str]:
    return url.partition("#")[0].partition("?")[2].split("&")


def _name(pair: str) -> str:
    """Return the name of a parameter as its receiver reads it, in small letters."""
    return unquote_plus(pair.partition("=")[0]).casefold()
