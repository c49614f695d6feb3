"""A Facebook page: connected by somebody who may publish on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.facebook.errors import classify_graph
from connectors.facebook.hints import VERIFY, challenge_of, pages_in
from engine.contract.hint import HintingKind
from engine.contract.node import NodeConfig
from engine.contract.oauth import Identity, OAuthApp, OAuthKind, Tokens
from engine.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.contract.oauth import Code, OAuthContext
    from engine.errors import ChappeError
    from engine.http_client import Response

_MAY_PUBLISH = {"CREATE_CONTENT", "MANAGE"}
_MOST_LISTS = 10


class FacebookApp(OAuthApp):
    """Your app at developers.facebook.com, and where Facebook is."""

    authorize: HttpUrl = Field(
        default=HttpUrl("https://www.facebook.com/v26.0/dialog/oauth"), description="Where a person agrees."
    )
    token: HttpUrl = Field(
        default=HttpUrl("https://graph.facebook.com/v26.0/oauth/access_token"), description="Where codes are exchanged."
    )
    api: HttpUrl = Field(default=HttpUrl("https://graph.facebook.com"), description="Where the Graph API is.")
    version: str = Field(
        default="v26.0",
        pattern=r"^v\d{1,3}\.\d$",
        description="The version of the Graph API: v26.0 came on 29 July 2026 and lives for about two years.",
    )


class PageSettings(NodeConfig):
    """What is known of a connected page."""

    calls: bool = Field(
        default=False,
        title="Calls",
        description="Whether Facebook was asked to call when the page has news; connecting asks it, and sets this.",
    )


class _Shown(BaseModel):
    """What the Graph API lists; whatever else it says is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


S = TypeVar("S", bound=_Shown)


class _Permission(_Shown):
    permission: str
    status: str = ""


class _Page(_Shown):
    id: str
    name: str = ""
    link: str = ""
    access_token: str = Field(default="", repr=False)
    tasks: tuple[str, ...] = ()


class _Cursors(_Shown):
    after: str = ""


class _Paging(_Shown):
    cursors: _Cursors = _Cursors()
    next: str = ""


class _Permissions(_Shown):
    data: tuple[_Permission, ...]


class _Pages(_Shown):
    data: tuple[_Page, ...]
    paging: _Paging = _Paging()


class _Success(_Shown):
    success: bool


class FacebookPage(OAuthKind, HintingKind):
    """A page's token comes from the person who connects it, and ends when they lose their role or password.

    developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived, read 2026-11-22: a page token made
    from a long-lived user token has no end of its own.
    """

    kind = "facebook"
    title = "Facebook page"
    network = "Facebook"
    Settings = PageSettings
    AppSettings = FacebookApp
    example: ClassVar = {}
    app_example: ClassVar = {"client_id": "1234567890"}
    scopes = (
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_posts",
        "pages_manage_metadata",
        "pages_manage_engagement",
    )
    app_secrets = ("client_secret", VERIFY)
    call_word = VERIFY
    needed = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
    pkce = False
    loopback = "localhost"

    async def exchange(self, code: Code, ctx: OAuthContext) -> Tokens:
        """Exchange the code, then the short-lived token for one of 60 days, and ask what was agreed to."""
        short = await super().exchange(code, ctx)
        long = await self.ask_tokens({"grant_type": "fb_exchange_token", "fb_exchange_token": short.access}, ctx)
        found = await self._get("me/permissions", {"limit": "100"}, _Permissions, long.access, ctx)
        granted = tuple(one.permission for one in found.data if one.status == "granted")
        return Tokens(long.access, expires_at=long.expires_at, scopes=granted)

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        """Return the pages that the person may publish on, each with its own token."""
        query = {"fields": "id,name,link,access_token,tasks", "limit": "100"}
        pages: list[_Page] = []
        for _ in range(_MOST_LISTS):
            found = await self._get("me/accounts", query, _Pages, tokens.access, ctx)
            pages += found.data
            if not found.paging.next:
                break
            query["after"] = found.paging.cursors.after
        mine = [page for page in pages if page.access_token and _MAY_PUBLISH.intersection(page.tasks)]
        if not mine:
            message = "Facebook names no page that this person may publish on: somebody with that role must connect it."
            raise RejectedError(message, code="no_page")
        return [
            Identity(page.id, page.name, page.link, tokens=Tokens(page.access_token, scopes=tokens.scopes))
            for page in mine
        ]

    async def _get(self, path: str, query: dict[str, str], shape: type[S], token: str, ctx: OAuthContext) -> S:
        url = f"{_address(path, ctx)}?{urlencode(query)}"
        answer = await ctx.http.fetch("GET", url, headers={"Authorization": f"Bearer {token}"})
        return self._read(answer, shape)

    def _read(self, answer: Response, shape: type[S]) -> S:
        try:
            return shape.model_validate_json(answer.body)
        except ValueError:
            raise TransientError("Facebook answered with something else than was asked for.") from None

    async def ask_calls(self, remote_id: str, tokens: Tokens, ctx: OAuthContext) -> None:
        """Install our app on the page, for the field that posts are under.

        developers.facebook.com/docs/pages-api/webhooks-for-pages, read 2026-11-22.
        """
        headers = {"Authorization": f"Bearer {tokens.access}", "Content-Type": "application/x-www-form-urlencoded"}
        url = _address(f"{remote_id}/subscribed_apps", ctx)
        answer = await ctx.http.fetch("POST", url, headers=headers, content=b"subscribed_fields=feed")
        if not self._read(answer, _Success).success:
            raise RejectedError("Facebook does not call for this page, and does not say why.", code="no_calls")

    def challenge(self, query: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
        """Answer Facebook's verification of the address, where it knows the app's `verify_token`."""
        return challenge_of(query, secrets)

    def hinted(self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> Sequence[str] | None:
        """Return the pages with news, where the app's secret has signed it."""
        return pages_in(headers, body, secrets)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by the codes of the Graph API: its token endpoint has no others."""
        return classify_graph(status, headers, body)


def _address(path: str, ctx: OAuthContext) -> str:
    app = ctx.app.settings
    version = app.version if isinstance(app, FacebookApp) else "v26.0"
    return app.address(f"/{version}/{path}")
