"""Bodies that work as they are written: where the examples of single fields do not make a request, the whole of it.

They speak of one small world: the mapping `news`, the account `acme-hook`, the group `ambassadors`, Léa and Karim.
"""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = """\
mapping: news
sources:
  blog: {kind: feed, url: https://blog.example.org/feed.xml}
sinks:
  partners: {kind: webhook, from: blog, accounts: [acme-hook]}
"""
_DOCUMENT: Final[dict[str, Any]] = {
    "mapping": "news",
    "sources": {"blog": {"kind": "feed", "url": "https://blog.example.org/feed.xml"}},
    "sinks": {"partners": {"kind": "webhook", "from": "blog", "accounts": ["acme-hook"]}},
}
_DOCUMENTS: Final = {"documents": {"news.yaml": _TEXT}}
_PERSON: Final = "0196a1b2c3d47e5f8a9b0c1d2e3f4a5b"

BODIES: Final[dict[str, dict[str, Any]]] = {
    "add_account": {
        "kind": "webhook", "name": "lea-crm", "settings": {"url": "https://hooks.example.org/in"}, "person": _PERSON,
    },
    "add_group": {"name": "ambassadors-fr", "people": [_PERSON]},
    "add_member": {"name": "Léa Martin", "email": "lea@acme.example", "role": "approver", "person": "Léa"},
    "add_person": {"name": "Léa Martin", "email": "lea@acme.example", "groups": ["ambassadors"]},
    "apply_mappings": {**_DOCUMENTS, "confirm": False},
    "apply_people": {"text": "people: {Léa Martin: {groups: [ambassadors]}}"},
    "change_member": {"role": "approver"},
    "change_user": {"name": "Léa Martin", "state": "active"},
    "check_mappings": _DOCUMENTS,
    "create_api_key": {"name": "nightly export", "scopes": ["mappings:read"], "expires_at": "2099-12-31T23:59:59Z"},
    "create_mapping": _DOCUMENT,
    "create_workspace": {"name": "acme-north"},
    "diff_documents": {"old": _TEXT, "new": _TEXT.replace("kind: feed,", "kind: feed, every: 1h,")},
    "draw_document": {"document": _DOCUMENT},
    "give_consent": {
        "account": _PERSON, "mode": "ask_me", "max_per_day": 2, "hours": ["09:00-18:00"], "days": ["mon-fri"],
        "zone": "Europe/Paris", "until": "2099-12-31T23:59:59Z", "evidence": "mail of 3 May",
    },
    "lint_mappings": _DOCUMENTS,
    "make_from_library": {
        "parameters": {
            "COMPANY": "Acme", "PRESS": "https://press.example.org/feed", "SECOND_PRESS": "https://news.example.org/feed",
        },
    },
    "pause": {"scope": "mapping", "name": "news", "reason": "on leave"},
    "plan_mappings": _DOCUMENTS,
    "plan_people": {"text": "people: {Léa Martin: {groups: [ambassadors]}}"},
    "preview_mapping": {"document": _DOCUMENT, "text": "We are hiring in Lyon."},
    "put_mapping": _DOCUMENT,
    "reconnect_account": {},
    "replay_mappings": {**_DOCUMENTS, "since": "7d"},
    "resume": {"scope": "mapping", "name": "news", "missed": "run-all"},
    "rollback_mapping": {"version": 1},
    "set_app": {"settings": {"client_id": "77acme"}, "secrets": {"client_secret": "…"}},
    "test_mappings": _DOCUMENTS,
}  # fmt: skip
"""By the operation that takes it."""

YAML: Final = _TEXT
"""A document, where one is sent as it is."""

NAMES: Final = {"workspace": "acme", "platform": "linkedin"}
"""What stands in the paths of examples."""
