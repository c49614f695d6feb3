"""Everything that ships keeps the contract: each check of engine.testing on each kind that is registered.

A new kind is under the checks the moment it is listed. What it may leave out stands in EXEMPT, with the reason.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from connectors import shipped
from connectors.facebook.page_sink import Config as FacebookSinkConfig
from connectors.facebook.page_sink import FacebookPageSink
from connectors.facebook.page_source import Config as FacebookSourceConfig
from connectors.facebook.page_source import FacebookPageSource
from connectors.feed.source import Config as FeedConfig
from connectors.feed.source import Feed
from connectors.linkedin.member_sink import Config as LinkedInConfig
from connectors.linkedin.member_sink import LinkedInMember
from connectors.webhook.sink import Config as WebhookConfig
from connectors.webhook.sink import Webhook
from connectors.x.post_sink import Config as XConfig
from connectors.x.post_sink import XPost
from engine.contract.account import Account
from engine.contract.operator import HoldingOperator
from engine.contract.registry import Registry
from engine.model.delivery import Doubt
from engine.testing import check_comment, check_find, check_node, check_operator, check_sink, check_source, strategies
from engine.testing.check_sink import SinkCase
from engine.testing.check_source import SourceCase
from engine.testing.loopback import Answer, always
from mappings import operators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.contract.account import AccountKind
    from engine.contract.node import Node
    from engine.contract.operator import Operator
    from engine.contract.sink import Sink
    from engine.model.post import Post

REGISTRY = Registry([*shipped.ALL, *operators.ALL])

EXEMPT: dict[tuple[str, str], str] = {
    ("feed", "check_secrets"): "A feed is read without an account, so there is no secret to show.",
}
"""(kind, check) to the reason why that check is not for that kind."""

CANARY = "whsec_" + base64.b64encode(b"canary of the signing key").decode()

NEXT_CANARY = "whsec_" + base64.b64encode(b"canary of the following key").decode()


def webhook(url: str) -> SinkCase:
    config = WebhookConfig.model_validate({"url": f"{url}/in", "secret": "secret://hooks"})
    return SinkCase(Webhook(config), Account("a1", "hooks", "webhook", secrets={"signing": CANARY}))


def webhook_account(url: str) -> SinkCase:
    secrets = {"signing": CANARY, "signing_next": NEXT_CANARY}
    account = Account("a1", "hooks", "webhook", settings={"url": f"{url}/in"}, secrets=secrets)
    return SinkCase(Webhook(WebhookConfig()), account)


def webhook_to_ask(url: str) -> SinkCase:
    config = {"url": f"{url}/in", "secret": "secret://hooks", "read_back": f"{url}/in/{{id}}"}
    account = Account("a1", "hooks", "webhook", secrets={"signing": CANARY})
    return SinkCase(Webhook(WebhookConfig.model_validate(config)), account)


def feed(url: str) -> SourceCase:
    config = FeedConfig.model_validate({"url": f"{url}/feed.xml"})
    return SourceCase(Feed(config), always(rss("One", "Two")), always(rss("One", "Two", "Three", "Four")), new=2)


def rss(*titles: str) -> Answer:
    """Return a feed with these entries, each a day younger than the one before it."""
    items = "".join(
        f"<item><title>{title}</title><guid>urn:acme:{title}</guid><link>https://acme.example/{title}</link>"
        f"<description>{title} of the posts.</description><pubDate>0{day} Jan 2026 08:00:00 GMT</pubDate></item>"
        for day, title in enumerate(titles, 1)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Acme</title>{items}</channel></rss>'
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=body.encode())


def page(url: str) -> Account:
    """Return a Facebook page whose Graph API is at that address."""
    secrets = {"access_token": "canary-of-the-page-token"}
    app = {"api": url, "version": "v26.0"}
    return Account("a1", "acme-page", "facebook", secrets=secrets, remote_id="108", app=app)


def shown(*words: str) -> Answer:
    """Return a page's posts, newest first, each a day younger than the next."""
    rows = [
        {"id": f"108_{day}", "message": word, "created_time": f"2026-01-0{day}T08:00:00+0000"}
        for day, word in enumerate(words, 1)
    ]
    return json_answer({"data": rows[::-1], "paging": {"cursors": {"before": "b", "after": "a"}}})


def json_answer(document: object, status: int = 200) -> Answer:
    """Return an answer with a JSON document."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Answer(status, headers=headers, body=json.dumps(document).encode())


def graph_error(status: int, code: int, **headers: str) -> Answer:
    """Return a refusal of the Graph API."""
    answer = json_answer({"error": {"message": "No.", "type": "OAuthException", "code": code}}, status)
    return replace(answer, headers={**answer.headers, **headers})


def facebook_source(url: str) -> SourceCase:
    source = FacebookPageSource(FacebookSourceConfig())
    before, after = always(shown("One", "Two")), always(shown("One", "Two", "Three"))
    return SourceCase(source, before, after, account=page(url))


def facebook_sink(url: str) -> SinkCase:
    usage = json.dumps({"108": [{"type": "pages", "estimated_time_to_regain_access": 2}]})
    refusals = {
        401: graph_error(401, 190),
        422: graph_error(400, 100),
        429: graph_error(403, 32, **{"X-Business-Use-Case-Usage": usage}),
    }
    accepts = always(json_answer({"id": "108_5"}))
    sink, nothing = FacebookPageSink(FacebookSinkConfig()), always(shown())
    return SinkCase(sink, page(url), accepts=accepts, refusals=refusals, nothing=nothing)


def linkedin(url: str) -> SinkCase:
    secrets = {"access_token": "canary-of-the-members-token"}
    app = {"api": url, "version": "202609"}
    account = Account("a1", "lea", "linkedin", secrets=secrets, remote_id="urn:li:person:Lea1", app=app)
    value = {"uploadUrl": f"{url}/dms-uploads/1", "image": "urn:li:image:C1"}
    yes = replace(json_answer({"value": value}, 201), headers={"x-restli-id": "urn:li:share:71"})
    used_up = replace(json_answer({"message": "Throttled."}, 429), headers={"Date": "Mon, 05 Jan 2026 23:58:00 GMT"})
    return SinkCase(LinkedInMember(LinkedInConfig()), account, accepts=always(yes), refusals={429: used_up})


def x(url: str) -> SinkCase:
    account = Account(
        "a1", "lea", "x", secrets={"access_token": "canary-of-the-access-token"}, remote_id="12", app={"api": url}
    )
    wait = Answer(429, {"x-rate-limit-reset": str(int((check_sink.NOW + check_sink.WAIT).timestamp()))})
    yes = json_answer({"data": {"id": "1980", "text": "Hello"}}, 201)
    nothing = always(json_answer({"meta": {"result_count": 0}}))
    return SinkCase(XPost(XConfig()), account, accepts=always(yes), refusals={429: wait}, nothing=nothing)


SOURCES: dict[str, check_source.Make] = {"feed": feed, "facebook_page": facebook_source}
SINKS: dict[str, check_sink.Make] = {
    "facebook_page": facebook_sink,
    "linkedin_member": linkedin,
    "webhook": webhook,
    "webhook of an account": webhook_account,
    "webhook that can be asked": webhook_to_ask,
    "x_post": x,
}


def cases(kinds: Iterable[str], checks: Iterable[Callable[..., Any]]) -> list[Any]:
    """Return every kind with every check; those that are exempt are skipped with their reason."""
    return [
        pytest.param(kind, check, id=f"{kind}-{check.__name__}", marks=exemption(kind, check))
        for kind in kinds
        for check in checks
    ]


def exemption(kind: str, check: Callable[..., Any]) -> list[pytest.MarkDecorator]:
    """Return what skips a check that is not for a kind."""
    reason = EXEMPT.get((kind, check.__name__))
    return [pytest.mark.skip(reason=reason)] if reason else []


@pytest.mark.parametrize("check", check_node.CHECKS)
@pytest.mark.parametrize("kind", REGISTRY.nodes(), ids=lambda kind: kind.kind)
def test_every_node_declares_itself(kind: type[Node[Any]], check: Callable[[type[Node[Any]]], None]) -> None:
    check(kind)


@pytest.mark.parametrize("kind", REGISTRY.nodes(), ids=lambda kind: kind.kind)
def test_every_account_kind_that_a_node_asks_for_is_registered(kind: type[Node[Any]]) -> None:
    check_node.check_account_exists(kind, REGISTRY)


@pytest.mark.parametrize("kind", list(REGISTRY.accounts.values()), ids=lambda kind: kind.kind)
def test_every_account_kind_declares_itself(kind: type[AccountKind]) -> None:
    check_node.check_account_kind(kind)


@pytest.mark.parametrize("check", [check_node.check_limits, check_node.check_doubt])
@pytest.mark.parametrize("kind", list(REGISTRY.sinks.values()), ids=lambda kind: kind.kind)
def test_every_sink_says_where_its_limits_stand_and_how_doubt_is_settled(
    kind: type[Sink[Any]], check: Callable[[type[Sink[Any]]], None]
) -> None:
    check(kind)


@pytest.mark.parametrize(("kind", "check"), cases(SOURCES, check_source.CHECKS))
async def test_every_source_behaves(kind: str, check: Callable[[check_source.Make], Any]) -> None:
    await check(SOURCES[kind])


@pytest.mark.parametrize(("kind", "check"), cases(SINKS, check_sink.CHECKS))
async def test_every_sink_behaves(kind: str, check: Callable[[check_sink.Make], Any]) -> None:
    await check(SINKS[kind])


FINDABLE = [name for name, make in SINKS.items() if make("http://127.0.0.1:9").sink.doubt is Doubt.FINDABLE]


@pytest.mark.parametrize(("kind", "check"), cases(FINDABLE, check_find.CHECKS))
async def test_every_findable_sink_looks_with_care(kind: str, check: Callable[[check_sink.Make], Any]) -> None:
    await check(SINKS[kind])


COMMENTING = [name for name, make in SINKS.items() if make("http://127.0.0.1:9").sink.comment_room is not None]


@pytest.mark.parametrize(("kind", "check"), cases(COMMENTING, check_comment.CHECKS))
async def test_every_sink_that_comments_does_so_once(kind: str, check: Callable[[check_sink.Make], Any]) -> None:
    await check(SINKS[kind])


def example_of(kind: type[Operator[Any]]) -> Operator[Any]:
    """Return an operator made of its kind's example."""
    return kind(kind.Config.model_validate(kind.example))


@pytest.mark.parametrize("kind", list(REGISTRY.operators.values()), ids=lambda kind: kind.kind)
@given(post=strategies.posts())
@settings(max_examples=20)
def test_every_operator_decides_purely(kind: type[Operator[Any]], post: Post) -> None:
    check_operator.check_decide(example_of(kind), post)


HOLDING = [kind for kind in REGISTRY.operators.values() if issubclass(kind, HoldingOperator)]

OTHER_WAYS: dict[str, list[dict[str, Any]]] = {
    "delay": [{"for": "2h"}, {"between": ["0s", "30d"]}],
    "pace": [{"at_most": 1, "per": "1d"}, {"at_most": 2, "per": "1h", "gap": "50m", "overflow": "drop"}],
    "slots": [
        {},
        {"at": ["02:30", "12:30"]},
        {"days": "sun", "between": "22:00-02:30"},
        {"at": "09:00", "days": "mon"},
    ],
    "steady": [{"for": "3d"}],
    "tank": [
        {"every": "10m", "order": "newest", "publications": 2, "gap": "3h", "capacity": 2, "overflow": "drop_oldest"},
        {"every": "1d", "order": "random", "publications": 0},
    ],
    "digest": [{"every": "1d"}, {"posts": 3, "every": "2d"}],
}
"""Settings beside the example under which an operator holds posts in another way."""

LIVES = [(kind, settings) for kind in HOLDING for settings in (kind.example, *OTHER_WAYS.get(kind.kind, []))]


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=90), timedelta(days=3)], ids=str)
@pytest.mark.parametrize(("kind", "settings"), LIVES, ids=lambda value: getattr(value, "kind", str(value)))
def test_every_operator_that_holds_lets_go_in_the_end(
    kind: type[HoldingOperator[Any]], settings: dict[str, Any], late: timedelta
) -> None:
    check_operator.check_release(kind(kind.Config.model_validate(settings)), late=late)


def test_every_source_and_every_sink_is_pointed_at_a_server() -> None:
    assert set(SOURCES) == set(REGISTRY.sources)
    assert {name.split()[0] for name in SINKS} == set(REGISTRY.sinks)
    assert set(COMMENTING) == {"facebook_page", "x_post"}
    assert {name.split()[0] for name in FINDABLE} == {"facebook_page", "webhook", "x_post"}


def test_every_exemption_is_of_a_kind_and_a_check_that_exist_and_has_a_reason() -> None:
    known = {(kind, check.__name__) for kind in SINKS for check in (*check_sink.CHECKS, *check_find.CHECKS)}
    known |= {(kind, check.__name__) for kind in SOURCES for check in check_source.CHECKS}

    assert set(EXEMPT) <= known
    assert all(reason.endswith(".") for reason in EXEMPT.values())
