"""Posting at X over HTTP, at an API that refuses what X refuses, shortens links and counts what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors.x.account import X
from connectors.x.post_sink import Config, XPost
from engine.contract.oauth import App, OAuthContext, Tokens
from engine.errors import AccountLostError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.model.post import Content, Media
from engine.run.network import BoundHttp
from sandbox.people import COMPANY_ON_X
from tests.connectors.texts import FAMILY, TEXTS

if TYPE_CHECKING:
    from engine.contract.account import Account
    from engine.contract.context import SendContext
    from tests.peers.networks import Networks

pytestmark = pytest.mark.asyncio(loop_scope="module")

SINK = XPost(Config())
REPOST = XPost(Config(mode="repost"))
CONTENT = Content(text="Wind & water <today>: https://acme.com/report?a=1&b=2 by us")
SHOTS = ("A crane", "", f"A family {FAMILY}", "&=%")
FIVE_MINUTES = timedelta(minutes=5)


async def lea(networks: Networks, **changes: Any) -> Account:
    """Return Léa's account, connected by her."""
    return await networks.connect(X(), "lea", **changes)


async def context(networks: Networks, sink: XPost = SINK, **given: Any) -> SendContext:
    return networks.ctx(sink, await lea(networks), **given)


async def companys(networks: Networks) -> Content:
    """Return what reposts the company's newest post."""
    made = await networks.steer("x/posts", {"text": "We are hiring in Ghent"})
    return Content(link=f"https://x.com/acme/status/{made['id']}")


# Publishing.


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_readers_see_the_text_as_it_was_given_and_it_can_be_found(networks: Networks, text: str) -> None:
    ctx, content = await context(networks), Content(text=text)
    receipt = await networks.send(SINK, content, ctx)

    [post] = await networks.timeline("x", "lea")
    assert (post["id"], post["text"]) == (receipt.remote_id, text)
    assert await SINK.find(content, ctx) == receipt


async def test_a_post_with_a_link_is_found_though_x_shows_another(networks: Networks) -> None:
    ctx = await context(networks)
    receipt = await networks.send(SINK, CONTENT, ctx)
    assert await SINK.find(CONTENT, ctx) == receipt
    assert (await networks.steer("x/bill", method="GET"))[
        "spent"
    ] == "$0.215"  # whose account it is, the post, and one post read


@pytest.mark.parametrize("alts", [SHOTS[:1], SHOTS], ids=["one", "four"])
async def test_pictures_stand_in_their_order_with_their_words_and_are_found(
    networks: Networks, alts: tuple[str, ...]
) -> None:
    media = tuple(Media(url=f"https://acme.example/{alt}.jpg", alt=alt) for alt in alts)
    content, ctx = Content(text="Look.", media=media), await context(networks)
    receipt = await networks.send(SINK, content, ctx)

    [post] = await networks.timeline("x", "lea")
    assert [picture["alt"] for picture in post["pictures"]] == list(alts)
    assert await SINK.find(content, ctx) == receipt
    with pytest.raises(DoubtfulError, match="without words"):
        await SINK.find(content.model_copy(update={"text": ""}), ctx)


async def test_a_picture_that_x_works_at_is_uploaded_once_and_asked_for_until_it_is_taken(networks: Networks) -> None:
    await networks.steer("x/processing", {"takes": 2}, method="PUT")
    content = Content(text="Look.", media=(Media(url="https://acme.example/1.jpg", alt="A crane"),))
    ctx = await context(networks)
    kept = replace(ctx, prepared=await SINK.prepare(content, ctx))
    with pytest.raises(RateLimitedError, match="still works at a picture") as asked:
        await SINK.ready(kept)
    await SINK.ready(kept)
    receipt = await SINK.commit(SINK.wire(content, ctx.account, ctx.attempt, kept.prepared), ctx)

    [post] = await networks.timeline("x", "lea")
    assert (post["id"], [one["alt"] for one in post["pictures"]]) == (receipt.remote_id, ["A crane"])
    assert asked.value.wait == timedelta(seconds=1)


async def test_a_picture_that_x_can_do_nothing_with_is_refused(networks: Networks) -> None:
    await networks.steer("x/processing", {"takes": 1, "fits": False}, method="PUT")
    content = Content(text="Look.", media=(Media(url="https://acme.example/1.jpg"),))
    with pytest.raises(RejectedError, match="X can do nothing with a picture of this post: it does not say why"):
        await networks.send(SINK, content, await context(networks))


async def test_a_link_or_an_emoji_alone_is_known_by_itself(networks: Networks) -> None:
    ctx = await context(networks)
    links = [Content(text=f"https://acme.com/{name}") for name in ("one", "two")]
    emoji = Content(text=FAMILY)
    assert [await SINK.find(content, ctx) for content in (*links, emoji)] == [None] * 3
    receipts = [await networks.send(SINK, content, ctx) for content in (*links, emoji)]
    assert [await SINK.find(content, ctx) for content in (*links, emoji)] == receipts


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("New at Acme: https://acme.com/1", "New at Acme: https://acme.com/2"),
        ("We won 🏆 today", "We won 🎉 today"),
        ("We won.", "We won?"),
    ],
    ids=["another link", "another emoji", "another sign"],
)
async def test_the_same_words_in_another_post_are_not_taken_for_it(networks: Networks, there: str, wanted: str) -> None:
    ctx = await context(networks)
    await networks.send(SINK, Content(text=there), ctx)
    with pytest.raises(DoubtfulError, match="the same words"):
        await SINK.find(Content(text=wanted), ctx)
    receipt = await networks.send(SINK, Content(text=wanted), ctx)
    assert await SINK.find(Content(text=wanted), ctx) == receipt


async def test_a_repost_is_found_and_made_once(networks: Networks) -> None:
    ctx, content = await context(networks, REPOST), await companys(networks)
    assert await REPOST.find(content, ctx) is None
    receipt = await networks.send(REPOST, content, ctx)
    [post] = await networks.timeline("x", "lea")
    assert post["reshares"]["text"] == "We are hiring in Ghent"
    assert await REPOST.find(content, ctx) == receipt
    with pytest.raises(RejectedError, match="already retweeted"):
        await networks.send(REPOST, content, ctx)


async def test_a_post_that_is_gone_cannot_be_reposted(networks: Networks) -> None:
    with pytest.raises(RejectedError, match="Could not find tweet") as refused:
        await networks.send(REPOST, Content(link="https://x.com/acme/status/1"), await context(networks, REPOST))
    assert refused.value.code == "x_resource-not-found"


async def test_a_repost_in_somebody_elses_name_is_refused(networks: Networks) -> None:
    content = await companys(networks)
    account = replace(await lea(networks), remote_id=COMPANY_ON_X)
    with pytest.raises(RejectedError, match="not the one of the token"):
        await networks.send(REPOST, content, networks.ctx(REPOST, account))


async def test_the_same_post_again_is_looked_for_and_found(networks: Networks) -> None:
    ctx = await context(networks)
    receipt = await networks.send(SINK, CONTENT, ctx)
    with pytest.raises(DoubtfulError, match="just posted the same words"):
        await networks.send(SINK, CONTENT, ctx)
    assert await SINK.find(CONTENT, ctx) == receipt


@pytest.mark.parametrize("ahead", [FIVE_MINUTES, -FIVE_MINUTES], ids=["ahead", "behind"])
async def test_clocks_that_differ_by_five_minutes_hide_no_post(networks: Networks, ahead: timedelta) -> None:
    ctx = await context(networks, ahead=ahead)
    assert await SINK.find(CONTENT, ctx) is None
    receipt = await networks.send(SINK, CONTENT, ctx)
    assert await SINK.find(CONTENT, ctx) == receipt


async def test_what_was_posted_long_before_the_try_is_not_taken_for_it(networks: Networks) -> None:
    ctx = await context(networks)
    await networks.send(SINK, CONTENT, ctx)
    networks.clock.advance(timedelta(minutes=11))
    assert await SINK.find(CONTENT, networks.ctx(SINK, ctx.account)) is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [(FAMILY * 140, True), (f"{FAMILY * 140}!", False), ("é" * 280, True), ("字" * 141, False)],
    ids=["140 families", "and a sign", "280 letters", "141 characters of two"],
)
async def test_x_counts_as_we_do(networks: Networks, text: str, *, fits: bool) -> None:
    ctx, content = await context(networks), Content(text=text)
    if fits:
        await networks.send(SINK, content, ctx)
        assert await SINK.find(content, ctx) is not None
        return
    with pytest.raises(RejectedError, match="too long"):
        await networks.send(SINK, content, ctx)


# Refusals.


@pytest.mark.parametrize("reason", ["expired", "revoked"])
@pytest.mark.parametrize("step", ["upload", "post", "look"])
async def test_a_token_that_died_is_a_sentence_to_its_owner(networks: Networks, reason: str, step: str) -> None:
    content = Content(text="Look.", media=(Media(url="https://acme.example/a.jpg", alt="A crane"),))
    ctx = await context(networks)
    prepared = {} if step == "upload" else await SINK.prepare(content, ctx)
    if reason == "expired":
        networks.clock.advance(timedelta(hours=2))
    else:
        await networks.steer("x/deaths", {"account": "lea"})
    body = SINK.wire(content, ctx.account, ctx.attempt, prepared)
    doing = {"upload": SINK.prepare, "look": SINK.find}
    with pytest.raises(AccountLostError, match="connect it again"):
        await (SINK.commit(body, ctx) if step == "post" else doing[step](content, ctx))
    assert await networks.timeline("x", "lea") == []


@pytest.mark.parametrize("scope", ["tweet.write", "media.write"])
async def test_a_token_without_the_scope_is_a_sentence(networks: Networks, scope: str) -> None:
    account = await lea(networks, scopes=set(X.scopes) - {scope})
    content = Content(text="Look.", media=(Media(url="https://acme.example/a.jpg"),))
    with pytest.raises(AccountLostError, match="agree to all that is asked"):
        await networks.send(SINK, content, networks.ctx(SINK, account))
    assert await networks.timeline("x", "lea") == []


async def test_a_refresh_token_that_was_used_before_ends_the_grant(networks: Networks) -> None:
    account = await lea(networks)
    app = App(X.AppSettings.model_validate(networks.settings("x")), {"client_secret": networks.client("x").secret})
    ctx = OAuthContext(BoundHttp(networks.http, X(), fresh=True), app, networks.clock.now())
    tokens = Tokens(account.secrets["access_token"], account.secrets["refresh_token"])

    renewed = await X().renew(tokens, ctx)
    assert renewed.refresh not in {"", tokens.refresh}
    with pytest.raises(AccountLostError, match="no longer accepts"):
        await X().renew(tokens, ctx)
    with pytest.raises(AccountLostError):
        await X().renew(renewed, ctx)


async def test_credits_that_are_used_up_stop_the_platform_and_are_no_refusal(networks: Networks) -> None:
    ctx = await context(networks)
    await networks.steer("x/credits", {"dollars": "0.02"}, method="PUT")
    await networks.send(SINK, Content(text="The last one"), ctx)
    with pytest.raises(RateLimitedError, match="credits or the spending limit") as waits:
        await networks.send(SINK, Content(text="One too many"), ctx)
    assert waits.value.scope == "platform"
    await networks.steer("x/credits", {"dollars": None}, method="PUT")
    await networks.send(SINK, Content(text="One too many"), ctx)


async def test_a_window_that_is_full_is_waited_for_until_it_opens(networks: Networks) -> None:
    ctx = await context(networks)
    await networks.steer("x/windows", {"tweets": 1}, method="PUT")
    begun = networks.clock.now()
    await networks.send(SINK, Content(text="One"), ctx)
    networks.clock.advance(60)
    with pytest.raises(RateLimitedError) as waits:
        await networks.send(SINK, Content(text="Two"), ctx)
    until = datetime.fromtimestamp(int((begun + timedelta(minutes=15)).timestamp()), UTC)
    assert (waits.value.until, waits.value.scope) == (until, "account")
    networks.clock.advance_to(until)
    await networks.send(SINK, Content(text="Two"), networks.ctx(SINK, ctx.account))


async def test_nothing_is_refused_by_its_code(networks: Networks) -> None:
    with pytest.raises(RejectedError) as refused:
        await networks.send(SINK, Content(), await context(networks))
    assert refused.value.code == "x_invalid-request"


@pytest.mark.parametrize("operation", ["initialize", "append", "finalize", "metadata"])
@pytest.mark.parametrize("kind", ["reset", "html", "nonsense", "half"])
async def test_a_picture_whose_upload_went_wrong_is_uploaded_again(
    networks: Networks, operation: str, kind: str
) -> None:
    content = Content(text="Look.", media=(Media(url="https://acme.example/a.jpg", alt="A crane"),))
    ctx = await context(networks)
    await networks.fault("x", kind=kind, operation=operation)
    with pytest.raises(TransientError):
        await SINK.prepare(content, ctx)
    await networks.send(SINK, content, ctx)
    [post] = await networks.timeline("x", "lea")
    assert [picture["alt"] for picture in post["pictures"]] == ["A crane"]


async def test_a_first_comment_replies_to_the_post_and_is_found_again(networks: Networks) -> None:
    ctx, words = await context(networks), "Read on: https://acme.com/report"
    post = await networks.send(SINK, Content(text="Bonjour"), ctx)
    assert await SINK.find_comment(post, words, ctx) is None

    made = await SINK.comment(post, words, ctx)

    assert await SINK.find_comment(post, words, ctx) == made
    assert made != post
    assert SINK.cost(Content(text="Bonjour", comment=words)) == Decimal("0.215")
