"""Posting as a member over HTTP, at a LinkedIn that refuses what LinkedIn refuses and cuts what is not escaped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.linkedin.account import LinkedIn
from connectors.linkedin.errors import DUPLICATE
from connectors.linkedin.member_sink import Config, LinkedInMember
from engine.errors import AccountLostError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.model.picture import LinkCard, Picture
from engine.model.post import Content, Media
from tests.connectors.texts import FAMILY, TEXTS
from tests.peers.pictures import photo

if TYPE_CHECKING:
    from engine.contract.account import Account
    from engine.contract.context import SendContext
    from tests.peers.networks import Networks

pytestmark = pytest.mark.asyncio(loop_scope="module")

SINK = LinkedInMember(Config())
RESHARE = LinkedInMember(Config(mode="reshare"))
CONTENT = Content(text="Our report (new): 50% *more* wind_power", link="https://acme.example/report?a=1&b=(2)")
SHOT = Picture(photo(), "image/jpeg", 60, 40)
KARIM = "urn:li:person:kR9mB4nTzd"


async def lea(networks: Networks, **changes: Any) -> Account:
    """Return Léa's account, connected by her."""
    return await networks.connect(LinkedIn(), "lea", **changes)


async def context(networks: Networks, sink: LinkedInMember = SINK, **given: Any) -> SendContext:
    return networks.ctx(sink, await lea(networks), **given)


async def card(url: str) -> LinkCard | None:
    return LinkCard(url, "Report 2026 (final) [v2]", f"What we did {FAMILY}", SHOT)


def pictured(*alts: str) -> Content:
    return Content(text="Look.", media=tuple(Media(url=f"https://acme.example/{alt}.jpg", alt=alt) for alt in alts))


# Publishing.


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_readers_see_the_whole_text_as_it_was_given(networks: Networks, text: str) -> None:
    receipt = await networks.send(SINK, Content(text=text), await context(networks))

    [post] = await networks.timeline("linkedin", "lea")
    assert (post["id"], post["text"], post["details"]["lost"]) == (receipt.remote_id, text, "")


async def test_hashtags_are_hashtags_and_a_link_is_whole(networks: Networks) -> None:
    text = "#wind and #été_2026 (more: https://acme.com/a_b?c=(d)#e)"
    await networks.send(SINK, Content(text=text), await context(networks))
    [post] = await networks.timeline("linkedin", "lea")
    assert post["text"] == text
    assert post["details"]["hashtags"] == ["wind", "été_2026"]


async def test_a_card_shows_the_pages_words_and_picture(networks: Networks) -> None:
    await networks.send(SINK, CONTENT, await context(networks, card=card))
    [post] = await networks.timeline("linkedin", "lea")
    shown = post["card"]
    assert (shown["url"], shown["title"]) == (CONTENT.link, "Report 2026 (final) [v2]")
    assert shown["description"] == f"What we did {FAMILY}"
    assert (await networks.browser.get(shown["picture"])).content == SHOT.bytes


async def test_a_page_that_says_nothing_is_a_card_with_its_address(networks: Networks) -> None:
    await networks.send(SINK, CONTENT, await context(networks))
    [post] = await networks.timeline("linkedin", "lea")
    assert (post["card"]["title"], post["card"]["picture"]) == ("acme.example", "")


@pytest.mark.parametrize(
    "alts",
    [("A (crane) *now*",), ("A crane", "", f"A family {FAMILY}"), tuple(f"Picture {n}" for n in range(20))],
    ids=["one", "three", "twenty"],
)
async def test_pictures_stand_in_their_order_with_their_words(networks: Networks, alts: tuple[str, ...]) -> None:
    await networks.send(SINK, pictured(*alts), await context(networks))
    [post] = await networks.timeline("linkedin", "lea")
    assert [picture["alt"] for picture in post["pictures"]] == list(alts)
    known = networks.world.networks["linkedin"].pictures
    assert [known[picture["id"]].width for picture in post["pictures"]] == [60 + n for n in range(len(alts))]


async def test_a_reshare_shows_the_companys_post_below_the_members_words(networks: Networks) -> None:
    made = await networks.steer("linkedin/posts", {"text": "We are hiring"})
    content = Content(text="Join us (really)", link=f"https://www.linkedin.com/feed/update/{made['id']}/")
    await networks.send(RESHARE, content, await context(networks, RESHARE))
    [post] = await networks.timeline("linkedin", "lea")
    assert (post["text"], post["reshares"]["text"]) == ("Join us (really)", "We are hiring")


@pytest.mark.parametrize(
    ("resharing", "number", "code"),
    [(False, None, "linkedin_reshare_disabled"), (True, "1", "linkedin_invalid_reshare_parent")],
    ids=["not allowed", "gone"],
)
async def test_what_cannot_be_reshared_is_refused_by_its_code(
    networks: Networks, number: str | None, code: str, *, resharing: bool
) -> None:
    made = await networks.steer("linkedin/posts", {"text": "We are hiring", "resharing": resharing})
    urn = f"urn:li:share:{number}" if number else made["id"]
    content = Content(text="Join us", link=f"https://www.linkedin.com/feed/update/{urn}/")
    with pytest.raises(RejectedError) as refused:
        await networks.send(RESHARE, content, await context(networks, RESHARE))
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["*" * 3_000, FAMILY * 428, "#tag " * 600], ids=["signs", "families", "hashtags"])
async def test_a_text_counts_as_readers_see_it(networks: Networks, text: str) -> None:
    ctx = await context(networks)
    await networks.send(SINK, Content(text=text), ctx)
    [post] = await networks.timeline("linkedin", "lea")
    assert post["text"] == text
    with pytest.raises(RejectedError, match="exceeded the maximum") as refused:
        await networks.send(SINK, Content(text=f"{text:.<3001}"), ctx)
    assert refused.value.code == "linkedin_field_length_too_long"


async def test_the_same_post_again_is_refused_and_the_refusal_names_the_first(networks: Networks) -> None:
    ctx = await context(networks)
    receipt = await networks.send(SINK, CONTENT, ctx)
    with pytest.raises(RejectedError, match=receipt.remote_id) as refused:
        await networks.send(SINK, CONTENT, ctx)
    assert refused.value.code == DUPLICATE
    with pytest.raises(DoubtfulError, match="cannot be read back"):
        await SINK.find(CONTENT, ctx)


# Refusals.


async def test_an_access_that_ends_after_sixty_days_says_so(networks: Networks) -> None:
    ctx = await context(networks)
    networks.clock.advance(timedelta(days=60))
    with pytest.raises(AccountLostError, match="60 days are over"):
        await networks.send(SINK, Content(text="Late"), ctx)


async def test_an_access_that_is_taken_back_between_picture_and_post_says_so(networks: Networks) -> None:
    content, ctx = pictured("A crane"), await context(networks)
    prepared = await SINK.prepare(content, ctx)
    await networks.steer("linkedin/deaths", {"account": "lea"})
    with pytest.raises(AccountLostError, match="the member has taken it back"):
        await SINK.commit(SINK.wire(content, ctx.account, ctx.attempt, prepared), ctx)
    assert await networks.timeline("linkedin", "lea") == []


async def test_an_access_that_nobody_gave_says_so(networks: Networks) -> None:
    account = replace(await lea(networks), secrets={"access_token": "guessed"})
    with pytest.raises(AccountLostError, match="Connect it again"):
        await networks.send(SINK, Content(text="Mine"), networks.ctx(SINK, account))


async def test_an_access_without_the_scope_is_a_sentence(networks: Networks) -> None:
    account = await lea(networks, scopes=("openid", "profile"))
    with pytest.raises(AccountLostError, match="agree to all"):
        await networks.send(SINK, Content(text="Mine"), networks.ctx(SINK, account))


async def test_an_access_of_somebody_else_publishes_nothing(networks: Networks) -> None:
    account = replace(await lea(networks), remote_id=KARIM)
    for content in (Content(text="Mine"), pictured("A crane")):
        with pytest.raises(AccountLostError):
            await networks.send(SINK, content, networks.ctx(SINK, account))
    assert [await networks.timeline("linkedin", person) for person in ("lea", "karim")] == [[], []]


@pytest.mark.parametrize("step", ["upload", "post"])
async def test_a_version_that_is_over_stops_the_platform_and_says_what_to_do(networks: Networks, step: str) -> None:
    account = replace(await lea(networks), app={"api": f"{networks.url}/linkedin", "version": "202509"})
    with pytest.raises(RateLimitedError, match="version=YYYYMM") as waits:
        await networks.send(SINK, pictured("A") if step == "upload" else CONTENT, networks.ctx(SINK, account))
    assert waits.value.scope == "platform"


async def test_a_members_day_that_is_full_is_waited_for(networks: Networks) -> None:
    ctx = await context(networks)
    await networks.steer("linkedin/limits", {"per_day": 1}, method="PUT")
    await networks.send(SINK, Content(text="One"), ctx)
    with pytest.raises(RateLimitedError, match="limit for today") as waits:
        await networks.send(SINK, Content(text="Two"), ctx)
    assert waits.value.until is not None
    assert waits.value.until.isoformat().endswith("T00:00:00+00:00")
    networks.clock.advance(timedelta(days=1))
    await networks.send(SINK, Content(text="Two"), ctx)


async def test_a_conflict_is_tried_again(networks: Networks) -> None:
    ctx = await context(networks)
    await networks.fault("linkedin", kind="error", error="409", operation="posts", commit=False)
    with pytest.raises(TransientError, match="409"):
        await networks.send(SINK, CONTENT, ctx)
    await networks.send(SINK, CONTENT, ctx)


async def test_nothing_is_refused_by_its_code(networks: Networks) -> None:
    with pytest.raises(RejectedError) as refused:
        await networks.send(SINK, Content(), await context(networks))
    assert refused.value.code == "linkedin_http_422"


@pytest.mark.parametrize("operation", ["images", "upload"])
@pytest.mark.parametrize("kind", ["reset", "html", "half", "garbage"])
async def test_a_picture_whose_upload_went_wrong_is_uploaded_again(
    networks: Networks, operation: str, kind: str
) -> None:
    content, ctx = pictured("A crane"), await context(networks)
    await networks.fault("linkedin", kind=kind, operation=operation)
    with pytest.raises(TransientError):
        await SINK.prepare(content, ctx)
    await networks.send(SINK, content, ctx)
    [post] = await networks.timeline("linkedin", "lea")
    assert [picture["alt"] for picture in post["pictures"]] == ["A crane"]
