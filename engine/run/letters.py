"""What mails say that tell or ask an owner of a post, and the links in them. Pure but for the signing."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.links import Pass, Purpose
from engine.mailer import Letter
from engine.model.address import named
from engine.model.post import Content
from engine.model.tomorrow import ELSEWHERE, tomorrow_at_nine

if TYPE_CHECKING:
    from collections.abc import Iterable
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


class _Choice(NamedTuple):
    purpose: Purpose
    label: str
    main: bool
    url: str = ""


_TOLD: Final = (
    _Choice(Purpose.NO, "Don’t post this", main=True),
    _Choice(Purpose.NOW, "Post it now", main=True),
    _Choice(Purpose.PAUSE, "Pause everything in my name", main=False),
    _Choice(Purpose.WITHDRAW, "Withdraw my consent", main=False),
)
_POST: Final = _Choice(Purpose.NOW, "Post it", main=True)
_NOT: Final = _Choice(Purpose.NO, "Not this one", main=True)
_QUIET: Final = _Choice(Purpose.QUIET, "No more mails like this", main=False)


def telling(office: Office, mail: Mail, told_of: list[Told], now: datetime) -> Letter:
    """Return the letter that tells a person of a post's deliveries, each kind of words once. Raises ValueError."""
    notice = _words(min(one.notice_hours for one in told_of))
    lead = (
        f"{_mappings(told_of)} wants to publish this in your name. You asked to be told first: say nothing, and it "
        f"goes out {notice} after this mail was sent, within the hours that you allow."
    )
    subject = f"To be posted in your name in {notice}"
    return _letter(mail, subject, lead, _shown(told_of), _linked(office, mail, _TOLD, now), Purpose.PAUSE)


def asking(office: Office, mail: Mail, told_of: list[Told], now: datetime) -> Letter:
    """Return the letter that asks a person for a yes to a post's deliveries. Raises ValueError."""
    lead = (
        f"{_mappings(told_of)} wants to publish this in your name, and asks you first: without your yes it does not "
        "go out."
    )
    choices = (_POST, _NOT, *_tomorrow(told_of, now), _QUIET)
    subject = "Shall this be posted in your name?"
    return _letter(mail, subject, lead, _shown(told_of), _linked(office, mail, choices, now), Purpose.QUIET)


def _tomorrow(told_of: list[Told], now: datetime) -> list[_Choice]:
    """Offer tomorrow at nine where the hours of every owner's consent allow it, by one and the same clock."""
    times = {tomorrow_at_nine(one.terms, now) for one in told_of}
    if len(times) > 1 or any(one.terms is not None and one.terms.opens(at) for one in told_of for at in times):
        return []
    zone = (told_of[0].terms.zone if told_of[0].terms is not None else None) or ELSEWHERE
    return [_Choice(Purpose.LATER, f"Tomorrow at 9:00 ({zone})", main=False)]


def _mappings(told_of: list[Told]) -> str:
    return f"“{', '.join(dict.fromkeys(one.mapping for one in told_of))}”"


def _linked(office: Office, mail: Mail, choices: Iterable[_Choice], now: datetime) -> list[_Choice]:
    ids, until = (mail.workspace_id, mail.person_id or "", mail.id), now + LINKS_LAST
    return [one._replace(url=office.link(Pass(one.purpose, *ids, until))) for one in choices]


def _letter(mail: Mail, subject: str, lead: str, shown: list[_Shown], choices: list[_Choice], leave: Purpose) -> Letter:
    name = mail.name or mail.address
    (unsubscribe,) = [one.url for one in choices if one.purpose is leave]
    return Letter(
        id=mail.id,
        to=named(mail.name, mail.address),
        subject=f"{subject}{'' if subject.endswith('?') else ':'} {_cut(shown[0].words, _SUBJECT)}",
        text=_text(name, lead, shown, choices),
        html=_html(name, lead, shown, choices),
        headers={
            "List-Unsubscribe": f"<{unsubscribe}>",
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


def _text(name: str, lead: str, shown: list[_Shown], choices: list[_Choice]) -> str:
    parts = [f"Hello {name},", lead]
    for one in shown:
        quoted = "\n".join(f"> {line}" for line in _cut(one.words, _SHOWN).splitlines())
        parts.append(f"On {', '.join(one.wheres)}{_pictures(one.pictures)}:\n\n{quoted}")
    parts += [f"{one.label}:\n{one.url}" for one in choices]
    parts.append("Each link asks once more before it does anything, and works for 30 days. Pass this mail to nobody.")
    return "\n\n".join(parts) + "\n"


def _html(name: str, lead: str, shown: list[_Shown], choices: list[_Choice]) -> str:
    quotes = "".join(
        f'<p style="color:#5b6875;margin:16px 0 4px">{html.escape(", ".join(one.wheres) + _pictures(one.pictures))}</p>'
        '<blockquote style="margin:0;padding:12px 16px;border-left:4px solid #1f5f99;background:#f6f5f1;'
        f'white-space:pre-wrap;overflow-wrap:anywhere">{html.escape(_cut(one.words, _SHOWN))}</blockquote>'
        for one in shown
    )
    buttons = "".join(
        f'<p style="margin:16px 0"><a href="{html.escape(one.url)}" style="{_BUTTON if one.main else _LINK}">'
        f"{one.label}</a></p>"
        for one in choices
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
