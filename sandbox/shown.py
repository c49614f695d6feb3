"""A network's timelines as a reader would see them, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.network import Network, Publication
    from sandbox.people import Account

SHOWN = 40


def network_shown(network: Network, base: str, most: int | None = SHOWN) -> dict[str, Any]:
    """Return a network: where it is, how it looks, what its calls cost, its accounts, and the faults to come."""
    face = network.face
    return {
        "name": face.name,
        "title": face.title,
        "colour": face.colour,
        "url": f"{base}{face.name}",
        "signed_in": network.signed_in,
        "spent": network.facts.get("bill", {}).get("spent", ""),
        "faults": [fault.model_dump() for fault in network.faults.scripted],
        "accounts": [account_shown(network, account, most) for account in network.accounts.values()],
    }


def account_shown(network: Network, account: Account, most: int | None = None) -> dict[str, Any]:
    """Return an account with its timeline, newest first; `key` names it in the addresses that steer."""
    posts = network.timeline(account.id)
    return {
        "id": account.id,
        "key": account.person or account.id,
        "person": account.person,
        "name": account.name,
        "headline": account.headline,
        "handle": account.handle,
        "published": len(posts),
        "posts": [publication_shown(network, post) for post in posts[:most]],
    }


def publication_shown(network: Network, post: Publication) -> dict[str, Any]:
    """Return a post as its readers see it: `text` is what they read, `sent` what was sent."""
    text = post.text if post.shown is None else post.shown
    return {
        "id": post.id,
        "at": post.at.isoformat(),
        "kind": post.kind,
        "text": text,
        "sent": post.text,
        "edited": post.changed_at > post.at,
        "app": post.app,
        "card": None if post.card is None else _card(network, post),
        "pictures": [_picture(network, picture) for picture in post.pictures],
        "reshares": _reshared(network, post.reshares),
        "comments": [{"id": one.id, "text": one.text} for one in network.comments(post.id)],
        "details": post.details,
    }


def _card(network: Network, post: Publication) -> dict[str, Any]:
    card = post.card.model_dump() if post.card else {}
    if card.get("picture") in network.pictures:
        card["picture"] = _address(network, card["picture"])
    return card


def _picture(network: Network, picture: str) -> dict[str, str]:
    known = network.pictures.get(picture)
    return {"id": picture, "url": _address(network, picture), "alt": known.alt if known else ""}


def _address(network: Network, picture: str) -> str:
    return f"/networks/{network.face.name}/pictures/{picture}"


def _reshared(network: Network, publication: str) -> dict[str, Any] | None:
    """Return the post that another shows inside itself; one that is gone is only said to be."""
    if not publication:
        return None
    original = network.publications.get(publication)
    if original is None or original.deleted:
        return {"id": publication, "name": "", "text": "This post is no longer there.", "pictures": [], "card": None}
    whole = publication_shown(network, original)
    name = network.accounts[original.account].name if original.account in network.accounts else ""
    return {key: whole[key] for key in ("id", "at", "text", "pictures", "card")} | {"name": name}
