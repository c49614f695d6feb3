"""A member of LinkedIn: connected by themselves, for 60 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.linkedin.errors import classify_linkedin
from engine.contract.oauth import Identity, OAuthApp, OAuthKind
from engine.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.contract.oauth import OAuthContext, Tokens
    from engine.errors import ChappeError

PERSON = "urn:li:person:"


class LinkedInApp(OAuthApp):
    """Your app at linkedin.com/developers, and where LinkedIn is."""

    authorize: HttpUrl = Field(
        default=HttpUrl("https://www.linkedin.com/oauth/v2/authorization"), description="Where a member agrees."
    )
    token: HttpUrl = Field(
        default=HttpUrl("https://www.linkedin.com/oauth/v2/accessToken"), description="Where codes are exchanged."
    )
    api: HttpUrl = Field(default=HttpUrl("https://api.linkedin.com"), description="Where the API is.")
    version: str = Field(
        default="202609",
        pattern=r"^20\d\d(0[1-9]|1[0-2])$",
        description="The version of the API, as year and month; each lives for about a year.",
    )
    member_posts_permission: str = Field(
        default="",
        max_length=500,
        description=(
            "LinkedIn's terms forbid automatic posts of members without its permission: write here which one you "
            "have, and since when. Until then every member releases each post, whatever mode they chose."
        ),
    )


class _Member(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    sub: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")
    name: str = ""


class LinkedIn(OAuthKind):
    """A member's token lives for 60 days and cannot be renewed: then the member connects the account again.

    learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow, read 2026-11-22.
    """

    kind = "linkedin"
    title = "LinkedIn member"
    network = "LinkedIn"
    AppSettings = LinkedInApp
    example: ClassVar = {}
    app_example: ClassVar = {"client_id": "77abcdefghijkl"}
    scopes = ("openid", "profile", "w_member_social")
    needed = ("w_member_social",)
    pkce = False
    dead = frozenset({"invalid_grant", "access_denied", "invalid_request"})

    @classmethod
    def releases_each(cls, app: Mapping[str, Any]) -> str:
        """Ask for each post, until an operator has recorded LinkedIn's permission for automatic ones."""
        if app.get("member_posts_permission"):
            return ""
        return (
            "LinkedIn's terms forbid automatic posts of members, so the member releases each one, until an operator "
            "records LinkedIn's permission (chappe apps set linkedin member_posts_permission=…)."
        )

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        """Return the member, by OpenID Connect's userinfo."""
        url = ctx.app.settings.address("/v2/userinfo")
        answer = await ctx.http.fetch("GET", url, headers={"Authorization": f"Bearer {tokens.access}"})
        try:
            member = _Member.model_validate_json(answer.body)
        except ValueError:
            raise TransientError("LinkedIn answered with something else than who the member is.") from None
        return [Identity(f"{PERSON}{member.sub}", member.name)]

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by the codes of OAuth at the token endpoint, and by LinkedIn's own at its API."""
        if b'"serviceErrorCode"' in body:
            return classify_linkedin(status, headers, body)
        return super().classify(status, headers, body)
