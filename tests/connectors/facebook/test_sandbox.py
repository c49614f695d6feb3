"""A Facebook page read and published on over HTTP, at a Graph API that refuses what Meta refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.facebook.account import FacebookPage
from connectors.facebook.page_sink import Config, FacebookPageSink
from connectors.facebook.page_source import Config as SourceConfig
from connectors.facebook.page_source import FacebookPageSource
from engine.contract.context import SourceContext
from engine.contract.oauth import App, OAuthContext, Tokens
from engine.errors import AccountLostError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.model.post import Content, Media
from engine.run.network import BoundHttp
from engine.testing.fakes import parse_here
from sandbox.people import PAGE
from tests.connectors.texts import FAMILY, TEXTS

if TYPE_CHECKING:
    from engine.contract.account import Account
    from engine.contract.source import Batch
    from tests.peers.networks import Networks

pytestmark = pytest.mark.asyncio(loop_scope="module")

SINK = FacebookPageSink(Config())
CONTENT = Content(text="Nous recrutons !\nÀ Gand.")
FIVE_MINUTES = timedelta(minutes=5)


async def page(networks: Networks, **changes: Any) -> Account:
    """Return Acme's page, connected by Nadia."""
    return await networks.connect(FacebookPage(), "nadia", **changes)


async def read(networks: Networks, account: Account, cursor: str | None = None, **config: Any) -> Batch:
    source = FacebookPageSource(SourceConfig.model_validate(config))
    http = BoundHttp(networks.http, source, timeout=5)
    return await source.fetch(cursor, SourceContext(http, parse_here, networks.clock.now(), account))


async def compose(networks: Networks, **new: Any) -> str:
    networks.clock.advance(60)
    return str((await networks.steer("facebook/posts", new))["id"])


def with_pictures(*alts: str, text: str = "Regardez.") -> Content:
    return Content(text=text, media=tuple(Media(url=f"https://acme.example/{alt}.jpg", alt=alt) for alt in alts))


# Connecting.


async def test_facebook_is_asked_to_call_for_the_page_and_says_why_it_will_not(networks: Networks) -> None:
    kind, url = FacebookPage(), f"{networks.url}/facebook/v26.0/{PAGE}/subscribed_apps"
    app = App(kind.AppSettings.model_validate(networks.settings("facebook")))
    ctx = OAuthContext(BoundHttp(networks.http, kind, fresh=True), app, networks.clock.now())
    tokens = Tokens((await page(networks)).secrets["access_token"])
    for _ in range(2):
        await kind.ask_calls(PAGE, tokens, ctx)
    listed = (await networks.browser.get(url, headers={"Authorization": f"Bearer {tokens.access}"})).json()["data"]
    fewer = await page(networks, scopes=[scope for scope in kind.scopes if scope != "pages_manage_metadata"])

    assert [(one["id"], one["subscribed_fields"]) for one in listed] == [(app.settings.client_id, ["feed"])]
    with pytest.raises(AccountLostError):
        await kind.ask_calls(PAGE, Tokens(fewer.secrets["access_token"]), ctx)


# Reading.


async def test_every_kind_of_post_that_a_page_can_publish_is_read(networks: Networks) -> None:
    account, link = await page(networks), f"{networks.url}/feeds/acme"
    made = [
        await compose(networks, message="Bonjour #Gand, de @Acme", tags=["#Gand"]),
        await compose(networks, message="Une photo", pictures=[{"name": "a", "alt": "Une grue"}]),
        await compose(networks, message="Trente", pictures=[{"name": "a"}] * 30),
        await compose(networks, message="À lire", link=link, title="Report", description="What we did."),
        await compose(networks, kind="video", message="Un film", title="The film"),
        await compose(networks, kind="event", message="", title="Open day", description="Come and see."),
        await compose(networks, kind="offer", message="Moins cher", title="Half price"),
        await compose(networks, kind="share", message="Vu ailleurs", link="https://other.example/1", title="Other"),
    ]
    batch = await read(networks, account)

    assert [post.key for post in batch.posts] == made
    status, one, album, linked, film, event, offer, share = batch.posts
    assert (status.text, status.hashtags, status.media) == ("Bonjour #Gand, de @Acme", ("Gand",), ())
    assert [(len(post.media), post.links) for post in (one, album)] == [(1, ()), (30, ())]
    assert one.media[0].url.startswith(f"{networks.url}/networks/facebook/pictures/")
    assert (linked.links[0].url, linked.links[0].title) == (link, "Report")
    assert linked.links[0].card is not None
    assert linked.links[0].card.description == "What we did."
    assert [media.kind for media in film.media] == ["video"]
    assert (event.title, event.text, len(event.links)) == ("Open day", "Come and see.", 1)
    assert (offer.text, share.links[0].url) == ("Moins cher", "https://other.example/1")
    assert all(post.published_at and post.permalink and post.author for post in batch.posts)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_odd_texts_are_read_as_they_were_written(networks: Networks, text: str) -> None:
    await compose(networks, message=text)
    assert [post.text for post in (await read(networks, await page(networks))).posts] == [text]


async def test_an_edit_is_another_revision_and_what_is_deleted_is_gone(networks: Networks) -> None:
    account = await page(networks)
    one, two = [await compose(networks, message=text) for text in ("Une coquile", "Autre")]
    first = await read(networks, account)
    await networks.steer(f"facebook/posts/{one}", {"message": "Une coquille"}, method="PATCH")
    await networks.steer(f"facebook/posts/{two}", method="DELETE")
    second = await read(networks, account, first.cursor)

    assert [post.text for post in second.posts] == ["Une coquille"]
    assert second.posts[0].key == one
    assert second.posts[0].content_hash != first.posts[0].content_hash
    assert (await read(networks, account, second.cursor)).unchanged


async def test_what_came_since_the_last_poll_is_read_over_all_lists_though_some_are_short(networks: Networks) -> None:
    account = await page(networks)
    await compose(networks, message="Before")
    first = await read(networks, account, limit=5)
    made = [await compose(networks, message=f"News {number}") for number in range(23)]
    for gone in made[8:15]:
        await networks.steer(f"facebook/posts/{gone}", method="DELETE")
    batch = await read(networks, account, first.cursor, limit=5)

    assert {post.key for post in batch.posts} >= {*made[:8], *made[15:]}
    assert not {post.key for post in batch.posts} & set(made[8:15])


async def test_a_list_that_grows_while_it_is_read_shows_each_post_once(networks: Networks) -> None:
    account = await page(networks)
    first = await read(networks, account, limit=5)
    made = [await compose(networks, message=f"News {number}") for number in range(9)]
    batch = await read(networks, account, first.cursor, limit=5)

    assert [post.key for post in batch.posts] == made[4:], "an empty page was known: only the newest list is read"
    assert [post.key for post in (await read(networks, account, batch.cursor, limit=25)).posts] == made


async def test_what_is_not_published_yet_is_not_read_until_it_is(networks: Networks) -> None:
    account = await page(networks)
    soon = int((networks.clock.now() + timedelta(hours=1)).timestamp())
    form = {"message": "Later", "published": "false", "scheduled_publish_time": str(soon)}
    headers = {"Authorization": f"Bearer {account.secrets['access_token']}"}
    made = await networks.browser.post(f"/facebook/v26.0/{PAGE}/feed", data=form, headers=headers)
    assert made.status_code == 200, made.text

    assert (await read(networks, account)).posts == ()
    networks.clock.advance(timedelta(hours=1))
    assert [post.text for post in (await read(networks, account)).posts] == ["Later"]


@pytest.mark.parametrize(
    "bent",
    [
        {"raw": {"message": None}, "pictures": [{"name": "a"}]},
        {"missing": ["created_time", "permalink_url", "from", "full_picture", "updated_time"]},
        {"raw": {"attachments": {"data": [{"media_type": "hologram", "media": {"depth": 3}, "target": None}]}}},
        {"raw": {"attachments": {"data": "none"}, "message_tags": None, "from": None}},
        {"raw": {"shiny": {"new": [1]}, "created_time": "soon", "is_published": "maybe"}},
        {"raw": {"message": 7, "permalink_url": 8}},
    ],
    ids=["null", "missing", "a new attachment", "other shapes", "new fields", "numbers"],
)
async def test_an_answer_with_missing_new_or_null_fields_hides_no_post(
    networks: Networks, bent: dict[str, Any]
) -> None:
    account = await page(networks)
    await compose(networks, message="Before")
    odd = await compose(networks, message="Odd", **bent)
    await compose(networks, message="After")
    batch = await read(networks, account)

    assert {"Before", "After"} <= {post.text for post in batch.posts}
    assert odd in {post.key for post in batch.posts}


# Publishing.


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_readers_see_the_text_as_it_was_given_and_it_can_be_found(networks: Networks, text: str) -> None:
    ctx, content = networks.ctx(SINK, await page(networks)), Content(text=text)
    receipt = await networks.send(SINK, content, ctx)

    [post] = await networks.timeline("facebook", PAGE)
    assert (post["id"], post["text"]) == (receipt.remote_id, text)
    found = await SINK.find(content, ctx)
    assert found is not None
    assert found.remote_id == receipt.remote_id


async def test_a_text_of_63206_characters_goes_through_and_one_more_does_not(networks: Networks) -> None:
    text = (FAMILY * 10_000)[:63_206]
    ctx = networks.ctx(SINK, await page(networks))
    await networks.send(SINK, Content(text=text), ctx)
    [post] = await networks.timeline("facebook", PAGE)
    assert post["text"] == text
    assert await SINK.find(Content(text=text), ctx) is not None
    with pytest.raises(RejectedError, match="63206"):
        await networks.send(SINK, Content(text=f"{text}!"), ctx)


async def test_a_link_becomes_a_card_and_is_found(networks: Networks) -> None:
    content = Content(link=f"{networks.url}/feeds/acme")
    ctx = networks.ctx(SINK, await page(networks))
    await networks.send(SINK, content, ctx)

    [post] = await networks.timeline("facebook", PAGE)
    assert post["card"]["url"] == content.link
    assert await SINK.find(content, ctx) is not None


@pytest.mark.parametrize("alts", [("A crane",), ("A crane", "", f"A family {FAMILY}", "&=%")], ids=["one", "several"])
async def test_pictures_stand_in_their_order_with_their_words(networks: Networks, alts: tuple[str, ...]) -> None:
    content = with_pictures(*alts)
    await networks.send(SINK, content, networks.ctx(SINK, await page(networks)))

    [post] = await networks.timeline("facebook", PAGE)
    assert [picture["alt"] for picture in post["pictures"]] == list(alts)
    widths = [networks.world.networks["facebook"].pictures[picture["id"]].width for picture in post["pictures"]]
    assert widths == [60 + number for number in range(len(alts))]


async def test_pictures_alone_cannot_be_told_from_others_so_a_person_looks(networks: Networks) -> None:
    content = with_pictures("A crane", text="")
    ctx = networks.ctx(SINK, await page(networks))
    await networks.send(SINK, content, ctx)
    with pytest.raises(DoubtfulError, match="without words"):
        await SINK.find(content, ctx)


async def test_the_same_words_over_another_link_are_not_taken_for_it(networks: Networks) -> None:
    ctx = networks.ctx(SINK, await page(networks))
    first, second = (Content(text="New at Acme", link=f"{networks.url}/feeds/{name}") for name in ("acme", "other"))
    await networks.send(SINK, first, ctx)

    with pytest.raises(DoubtfulError, match="same words"):
        await SINK.find(second, ctx)
    await networks.send(SINK, second, ctx)
    assert [(await SINK.find(one, ctx)) is not None for one in (first, second)] == [True, True]


async def test_the_same_post_again_is_looked_for_and_found(networks: Networks) -> None:
    ctx = networks.ctx(SINK, await page(networks))
    receipt = await networks.send(SINK, CONTENT, ctx)
    with pytest.raises(DoubtfulError, match="506"):
        await networks.send(SINK, CONTENT, ctx)
    found = await SINK.find(CONTENT, ctx)
    assert found is not None
    assert found.remote_id == receipt.remote_id


@pytest.mark.parametrize("ahead", [FIVE_MINUTES, -FIVE_MINUTES], ids=["ahead", "behind"])
async def test_clocks_that_differ_by_five_minutes_hide_no_post(networks: Networks, ahead: timedelta) -> None:
    ctx = networks.ctx(SINK, await page(networks), ahead=ahead)
    assert await SINK.find(CONTENT, ctx) is None
    await networks.send(SINK, CONTENT, ctx)
    assert await SINK.find(CONTENT, ctx) is not None


async def test_what_was_published_long_before_the_try_is_not_taken_for_it(networks: Networks) -> None:
    account = await page(networks)
    await networks.send(SINK, CONTENT, networks.ctx(SINK, account))
    networks.clock.advance(timedelta(minutes=11))
    assert await SINK.find(CONTENT, networks.ctx(SINK, account)) is None


# Refusals.

LOST = {
    "expired": "its access has expired",
    "password": "has changed the password",
    "removed": "the app was removed",
    "checkpoint": "confirm who they are",
    "unconfirmed": "has not confirmed",
    "invalid": "its access was withdrawn",
}


@pytest.mark.parametrize("reason", LOST)
async def test_a_token_that_died_is_a_sentence_to_its_owner(networks: Networks, reason: str) -> None:
    account = await page(networks)
    await networks.steer("facebook/deaths", {"account": PAGE, "reason": reason})
    with pytest.raises(AccountLostError, match=LOST[reason]):
        await networks.send(SINK, CONTENT, networks.ctx(SINK, account))
    with pytest.raises(AccountLostError, match=LOST[reason]):
        await read(networks, account)


async def test_a_page_that_lost_its_admin_is_neither_read_nor_published_on(networks: Networks) -> None:
    account = await page(networks)
    await networks.steer("facebook/roles", {"nadia": []}, method="PUT")
    for doing in (networks.send(SINK, CONTENT, networks.ctx(SINK, account)), read(networks, account)):
        with pytest.raises(AccountLostError, match="has no role on it any more"):
            await doing


async def test_a_person_who_may_only_look_cannot_publish(networks: Networks) -> None:
    account = await page(networks)
    await networks.steer("facebook/roles", {"nadia": ["ANALYZE"]}, method="PUT")
    with pytest.raises(AccountLostError, match="code 200"):
        await networks.send(SINK, CONTENT, networks.ctx(SINK, account))


async def test_a_token_without_the_permission_is_a_sentence(networks: Networks) -> None:
    reading = await page(networks, scopes=("pages_show_list", "pages_read_engagement"))
    with pytest.raises(AccountLostError, match="code 200"):
        await networks.send(SINK, CONTENT, networks.ctx(SINK, reading))
    assert (await read(networks, reading)).posts == ()
    blind = await page(networks, scopes=("pages_show_list",))
    with pytest.raises(AccountLostError, match="code 10"):
        await read(networks, blind)


async def test_somebody_elses_token_publishes_nothing(networks: Networks) -> None:
    account = await page(networks)
    person = networks.world.networks["facebook"].authority.issue(
        kind="access", family="f", client=networks.client("facebook").id, account="10220418839264711",
        scopes=("pages_manage_posts", "pages_read_engagement"),
    )  # fmt: skip
    other = replace(account, secrets={"access_token": person.value})
    with pytest.raises(AccountLostError):
        await networks.send(SINK, CONTENT, networks.ctx(SINK, other))
    assert await networks.timeline("facebook", PAGE) == []


async def test_a_token_that_is_revoked_between_the_picture_and_the_post_is_a_sentence(networks: Networks) -> None:
    content = with_pictures("A crane")
    ctx = networks.ctx(SINK, await page(networks))
    prepared = await SINK.prepare(content, ctx)
    await networks.steer("facebook/deaths", {"account": PAGE, "reason": "removed"})
    with pytest.raises(AccountLostError, match="the app was removed"):
        await SINK.commit(SINK.wire(content, ctx.account, ctx.attempt, prepared), ctx)
    assert await networks.timeline("facebook", PAGE) == []


async def test_an_allowance_that_is_used_up_is_waited_for(networks: Networks) -> None:
    account = await page(networks)
    await networks.steer("facebook/usage", {PAGE: {"call_count": 100}}, method="PUT")
    for doing in (networks.send(SINK, CONTENT, networks.ctx(SINK, account)), read(networks, account)):
        with pytest.raises(RateLimitedError) as waits:
            await doing
        assert (waits.value.wait, waits.value.scope) == (timedelta(minutes=60), "account")


async def test_a_version_that_is_over_stops_the_platform_and_says_what_to_do(networks: Networks) -> None:
    account = replace(await page(networks), app={"api": f"{networks.url}/facebook", "version": "v20.0"})
    with pytest.raises(RateLimitedError, match="version=v") as waits:
        await networks.send(SINK, CONTENT, networks.ctx(SINK, account))
    assert waits.value.scope == "platform"


@pytest.mark.parametrize(
    ("content", "code"),
    [(Content(), "graph_197"), (Content(text="x", link="ftp://acme.example/"), "graph_100_1500")],
    ids=["nothing", "no web address"],
)
async def test_what_a_page_does_not_take_is_refused_by_its_code(
    networks: Networks, content: Content, code: str
) -> None:
    with pytest.raises(RejectedError) as refused:
        await networks.send(SINK, content, networks.ctx(SINK, await page(networks)))
    assert refused.value.code == code


@pytest.mark.parametrize("kind", ["reset", "html", "nonsense", "half", "garbage"])
async def test_a_picture_whose_upload_went_wrong_is_uploaded_again(networks: Networks, kind: str) -> None:
    content = with_pictures("A crane")
    ctx = networks.ctx(SINK, await page(networks))
    await networks.fault("facebook", kind=kind, operation="photos")
    with pytest.raises(TransientError):
        await SINK.prepare(content, ctx)
    await networks.send(SINK, content, ctx)
    [post] = await networks.timeline("facebook", PAGE)
    assert len(post["pictures"]) == 1


async def test_a_first_comment_stands_below_the_post_and_is_found_again(networks: Networks) -> None:
    ctx = networks.ctx(SINK, await page(networks))
    post = await networks.send(SINK, CONTENT, ctx)
    assert await SINK.find_comment(post, "Read on", ctx) is None

    made = await SINK.comment(post, "Read on", ctx)

    assert await SINK.find_comment(post, "Read on", ctx) == made
    (shown,) = await networks.timeline("facebook", PAGE)
    assert [one["text"] for one in shown["comments"]] == ["Read on"]
