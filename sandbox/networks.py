"""The networks: their colours, who has accounts there, the app that is registered, how long its tokens live.

Lives of codes and tokens: Facebook, "Get long-lived access tokens" (2026 copy); LinkedIn, "Authorization code flow" and
"Programmatic refresh tokens" (2026 copies); X, "OAuth 2.0 authorization code flow with PKCE" (22 August 2026). Facebook
says nothing of the life of a code: ten minutes is RFC 6749's advice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sandbox.network import Face, Keeper, Network
from sandbox.oauth import Client, Policy
from sandbox.people import facebook_accounts, linkedin_accounts, x_accounts

APP_NAME: Final = "Chappe at Acme"

_FACEBOOK: Final = Policy(
    code_life=timedelta(minutes=10),
    access_life=timedelta(hours=1),
    scopes=frozenset(
        [
            "public_profile",
            "email",
            "pages_show_list",
            "pages_read_engagement",
            "pages_read_user_content",
            "pages_manage_posts",
            "pages_manage_metadata",
            "pages_manage_engagement",
            "business_management",
        ]
    ),
)
_LINKEDIN: Final = Policy(
    code_life=timedelta(minutes=30),
    access_life=timedelta(days=60),
    scopes=frozenset(["openid", "profile", "email", "w_member_social"]),
)
_X: Final = Policy(
    code_life=timedelta(seconds=30),
    access_life=timedelta(hours=2),
    scopes=frozenset(
        [
            "tweet.read",
            "tweet.write",
            "tweet.moderate.write",
            "users.read",
            "users.email",
            "media.write",
            "offline.access",
            "like.read",
            "like.write",
            "follows.read",
            "follows.write",
        ]
    ),
    pkce="required",
    renewal="rotates",
    renewal_scope="offline.access",
    refresh_life=timedelta(days=180),
)


def facebook(keeper: Keeper) -> Network:
    """Return Facebook: Acme's page, and the people who sign in."""
    app = Client(id="1928374650192837", name=APP_NAME, secret="5d0f8a3c9b7e6f1a2c4d8e0b3a6f9c21")  # noqa: S106  # a sample
    return Network(Face("facebook", "Facebook", "#1877f2"), facebook_accounts(), _FACEBOOK, app, keeper)


def linkedin(keeper: Keeper) -> Network:
    """Return LinkedIn: the company's page and everybody's profile."""
    app = Client(id="86acmechappe01", name=APP_NAME, secret="WPL_AP1.sandbox.c2FtcGxl")  # noqa: S106  # a sample
    return Network(Face("linkedin", "LinkedIn", "#0a66c2"), linkedin_accounts(), _LINKEDIN, app, keeper)


def x(keeper: Keeper) -> Network:
    """Return X: the company's account and everybody's."""
    app = Client(id="QWNtZUNoYXBwZVNhbmRib3g6MTpjaQ", name=APP_NAME, secret="sandbox-x-secret-0001")  # noqa: S106  # a sample
    return Network(Face("x", "X", "#0f1419"), x_accounts(), _X, app, keeper)
