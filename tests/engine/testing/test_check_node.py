"""The checks of declarations let a good one pass, and catch each fault by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import BaseModel, Field

from connectors.webhook.account import WebhookAccount
from connectors.webhook.sink import Webhook
from engine.contract.account import AccountKind
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.contract.sink import Fact, Limits, Sink, Window
from engine.model.delivery import Doubt
from engine.testing import check_node

if TYPE_CHECKING:
    from collections.abc import Callable

READ = date(2026, 11, 22)
PAGE = "https://acme.example/limits"
DAY = timedelta(days=1)
A_DAY = Window("posts", "account", 17, DAY, Fact("17 posts a day.", PAGE, READ), resets="utc midnight")
UNREAD = Fact("17 posts a day.", "", READ)


class Silent(NodeConfig):
    """A setting without description."""

    url: str = ""


class Mumbling(NodeConfig):
    """A setting with half a sentence."""

    url: str = Field(default="", description="the address")


class Lenient(BaseModel):
    """Takes unknown keys."""

    url: str = Field(default="", description="The address.")


class Soft(NodeConfig, frozen=False):
    """Can be set."""

    url: str = Field(default="", description="The address.")


class Leaky(AccountKind):
    """Shows its token."""

    class Settings(NodeConfig):
        """A token among what is shown."""

        token: str = Field(default="", description="The token.")

    kind = "leaky"
    title = "Leaky"
    secrets = ("token",)
    example: ClassVar[dict[str, Any]] = {}


def webhook(**changes: Any) -> type[Webhook]:
    """Return the sink with something else declared."""
    return type("Changed", (Webhook,), {"__doc__": Webhook.__doc__, **changes})


def test_a_good_declaration_passes() -> None:
    for check in (check_node.check_kind, check_node.check_docstring, check_node.check_settings):
        check(Webhook)
    check_node.check_example(Webhook)
    check_node.check_limits(Webhook)
    check_node.check_doubt(Webhook)
    check_node.check_account_kind(WebhookAccount)
    check_node.check_account_exists(Webhook, Registry([WebhookAccount]))


@pytest.mark.parametrize(
    ("check", "changes", "sentence"),
    [
        (check_node.check_kind, {"kind": "webHook"}, "some_words"),
        (check_node.check_kind, {"kind": "web-hook"}, "some_words"),
        (check_node.check_kind, {"title": ""}, "title is missing"),
        (check_node.check_kind, {"title": "webhook"}, "capital letter"),
        (check_node.check_kind, {"title": "Webhook."}, "full stop"),
        (check_node.check_docstring, {"__doc__": None}, "docstring is missing"),
        (check_node.check_docstring, {"__doc__": "Send posts"}, "full stop"),
        (check_node.check_docstring, {"__doc__": "sends posts."}, "capital letter"),
        (check_node.check_docstring, {"__doc__": f"Send {'posts and ' * 20} more."}, "more than 110"),
        (check_node.check_settings, {"Config": Silent, "example": {}}, "url has no description"),
        (check_node.check_settings, {"Config": Mumbling, "example": {}}, "is a sentence"),
        (check_node.check_settings, {"Config": Soft, "example": {}}, "can be set"),
        (check_node.check_example, {"example": {"url": "https://acme.example", "secret": "hunter2"}}, "secret"),
        (check_node.check_limits, {"limits": Limits(text_max=10)}, "neither page nor day"),
        (check_node.check_limits, {"limits": Limits(facts=(Fact("10 kB.", "", READ),))}, "names no page"),
        (check_node.check_limits, {"limits": Limits(facts=(Fact("10 kB.", PAGE, date(2020, 1, 1)),))}, "too long ago"),
        (check_node.check_limits, {"limits": Limits(facts=(Fact("10 kB", PAGE, READ),))}, "is a sentence"),
        (check_node.check_limits, {"limits": Limits(windows=(A_DAY, A_DAY))}, "are called the same"),
        (check_node.check_limits, {"limits": Limits(windows=(replace(A_DAY, cap=0),))}, "lets nothing through"),
        (check_node.check_limits, {"limits": Limits(windows=(replace(A_DAY, period=-DAY),))}, "has no length"),
        (check_node.check_limits, {"limits": Limits(windows=(replace(A_DAY, period=2 * DAY),))}, "is not a day"),
        (check_node.check_limits, {"limits": Limits(windows=(replace(A_DAY, fact=UNREAD),))}, "names no page"),
    ],
)
def test_a_fault_of_a_declaration_is_caught(
    check: Callable[[type[Webhook]], None], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises((AssertionError, ValueError), match=sentence):
        check(webhook(**changes))


def test_settings_that_take_unknown_keys_are_caught() -> None:
    lenient = type("Lenient", (Lenient,), {"__module__": __name__}, frozen=True)

    with pytest.raises(AssertionError, match="not refused"):
        check_node.check_settings(webhook(Config=lenient, example={}))


def test_a_sink_that_says_it_is_findable_and_cannot_find_is_caught() -> None:
    without = type("Blind", (webhook(doubtful=Doubt.FINDABLE),), {"find": Sink.find})

    with pytest.raises(AssertionError, match="no `find`"):
        check_node.check_doubt(without)


def test_a_secret_among_the_settings_of_an_account_is_caught() -> None:
    with pytest.raises(AssertionError, match="are secrets"):
        check_node.check_account_kind(Leaky)


def test_an_app_is_declared_as_strictly_as_its_accounts() -> None:
    app: Any = type("Told", (Leaky,), {"secrets": (), "AppSettings": Leaky.Settings, "app_secrets": ("token",)})
    with pytest.raises(AssertionError, match="are secrets of the app"):
        check_node.check_account_kind(app)


def test_an_account_kind_that_is_not_registered_is_caught() -> None:
    with pytest.raises(AssertionError, match="no account kind webhook"):
        check_node.check_account_exists(Webhook, Registry([]))
