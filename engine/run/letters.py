"""What a mail says that tells an owner of a post before it goes out, and the links in it. Pure but for the signing."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.links import Pass, Purpose
from engine.mailer import Letter
from engine.model.address import named
from engine.model.post import Content

if TYPE_CHECKING:
    from datetime import datetime

    from engine.links import Links
    from engine.mailer import Mailer
    from engine.store.mails import Mail
    from engine.store.tellings import Told

LINKS_LAST: Final = timedelta(days=30)
_SHOWN: Final = 3_000
_SUBJECT: Final = 60


@dataclass(frozen=True, slots=True)
class Office:
    """Where mails leave this process, and how links in them are signed; without `url` they lead nowhere."""

    mailer: Mailer
    links: Links
    url: str

    @property
    def can_tell(self) -> bool:
        """Whether an owner who is told can say no, without which silence is no yes."""
        return bool(self.url)

    def link(self, allowed: Pass) -> str:
        """Return the address that does what a pass allows."""
        return f"{self.url}/m/{self.links.sign(allowed)}"


class _Shown(NamedTuple):
    words: str
    pictures: int
    wheres: list[str]


CHOICES: Final = (
    (Purpose.NO, "Don’t post this", "main"),
    (Purpose.NOW, "Post it now", "main"),
    (Purpose.PAUSE, "Pause everything in my name", ""),
    (Purpose.WITHDRAW, "Withdraw my consent", ""),
)


def telling(office: Office, mail: Mail, told_of: list[Told], now: datetime) -> Letter:
    """Return the letter that tells a person of a post's deliveries, each kind of words once. Raises ValueError."""
    shown = _shown(told_of)
    hours = min(one.notice_hours for one in told_of)
    until = now + LINKS_LAST
    person = mail.person_id or ""
    links = {
        purpose: office.link(Pass(purpose, mail.workspace_id, person, mail.id, until)) for purpose, _, _ in CHOICES
    }
    mapping = ", ".join(dict.fromkeys(one.mapping for one in told_of))
    lead = (
        f"“{mapping}” wants to publish this in your name. You asked to be told first: say nothing, and it goes out "
        f"{_words(hours)} after this mail was sent, within the hours that you allow."
    )
    name = mail.name or mail.address
    return Letter(
        id=mail.id,
        to=named(mail.name, mail.address),
        subject=f"To be posted in your name in {_words(hours)}: {_cut(shown[0].words, _SUBJECT)}",
        text=_text(name, lead, shown, links),
        html=_html(name, lead, shown, links),
        headers={
            "List-Unsubscribe": f"<{links[Purpose.PAUSE]}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )


def _shown(told_of: list[Told]) -> list[_Shown]:
    """Put together who says the same."""
    found: dict[str, _Shown] = {}
    for one in told_of:
        content = Content.model_validate_json(one.document)
        parts = (content.title, content.text, content.link if content.link and content.link not in content.text else "")
        words = "\n\n".join(filter(None, parts))
        found.setdefault(words, _Shown(words, len(content.media), [])).wheres.append(f"{one.account} ({one.platform})")
    return list(found.values())


def _text(name: str, lead: str, shown: list[_Shown], links: dict[Purpose, str]) -> str:
    parts = [f"Hello {name},", lead]
    for one in shown:
        quoted = "\n".join(f"> {line}" for line in _cut(one.words, _SHOWN).splitlines())
        parts.append(f"On {', '.join(one.wheres)}{_pictures(one.pictures)}:\n\n{quoted}")
    parts += [f"{label}:\n{links[purpose]}" for purpose, label, _ in CHOICES]
    parts.append("Each link asks once more before it does anything, and works for 30 days. Pass this mail to nobody.")
    return "\n\n".join(parts) + "\n"


def _html(name: str, lead: str, shown: list[_Shown], links: dict[Purpose, str]) -> str:
    quotes = "".join(
        f'<p style="color:#5b6875;margin:16px 0 4px">{html.escape(", ".join(one.wheres) + _pictures(one.pictures))}</p>'
        '<blockquote style="margin:0;padding:12px 16px;border-left:4px solid #1f5f99;background:#f6f5f1;'
        f'white-space:pre-wrap;overflow-wrap:anywhere">{html.escape(_cut(one.words, _SHOWN))}</blockquote>'
        for one in shown
    )
    buttons = "".join(
        f'<p style="margin:16px 0"><a href="{html.escape(links[purpose])}" style="{_BUTTON if main else _LINK}">'
        f"{label}</a></p>"
        for purpose, label, main in CHOICES
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="margin:0;padding:16px;'
        'font:16px/1.5 system-ui,sans-serif;color:#1d2733"><div style="max-width:560px;margin:0 auto">'
        f"<p>Hello {html.escape(name)},</p><p>{html.escape(lead)}</p>{quotes}{buttons}"
        '<p style="color:#5b6875;font-size:14px">Each link asks once more before it does anything, and works for 30 '
        "days. Pass this mail to nobody.</p></div></body></html>"
    )


_BUTTON: Final = (
    "display:inline-block;padding:12px 20px;border-radius:8px;background:#1f5f99;color:#ffffff;text-decoration:none"
)
_LINK: Final = "color:#1f5f99"


def _pictures(number: int) -> str:
    return "" if not number else f", with {number} picture{'s' * (number != 1)}"


def _words(hours: int) -> str:
    return "1 hour" if hours == 1 else f"{hours} hours"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
