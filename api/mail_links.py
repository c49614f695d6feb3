"""The pages behind the links in mails: one question, one button, on a telephone first.

A link is its own permission: nobody signs in. Programs that look through mails follow links, so GET changes nothing;
POST does, and so a mail program's own button for leaving a list may (RFC 8058).
"""

from __future__ import annotations

import html
from dataclasses import replace
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Header, status
from fastapi.responses import HTMLResponse

from api import recording
from api.actions import answering
from api.deps import TheFace  # FastAPI reads it
from engine.errors import NotFoundError
from engine.ids import new_id
from engine.links import Links, Pass, Purpose
from engine.store import audit
from engine.store.audit import Entry

if TYPE_CHECKING:
    from api.actions.answering import Asked
    from api.deps import Face

router: Final = APIRouter(prefix="/m", include_in_schema=False)

_PAGE: Final = Template(files("api").joinpath("pages", "mail.html").read_text(encoding="utf-8"))
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
}
_SHOWN: Final = 2_000

# For each purpose: the question, what the button says, and what it said afterwards.
_WORDS: Final = {
    "en": {
        Purpose.NO: ("Don’t post this?", "Don’t post it", "It will not be posted."),
        Purpose.NOW: ("Post this now?", "Post it now", "It goes out now, within the hours that you allow."),
        Purpose.LATER: ("Post this tomorrow at 9?", "Tomorrow at 9", "It goes out tomorrow at 9."),
        Purpose.QUIET: ("No more of these mails?", "No more mails", "No more of these mails come."),
        Purpose.PAUSE: ("Pause everything in your name?", "Pause everything", "Everything in your name is paused."),
        Purpose.RESUME: ("Let it go on?", "Go on", "Posts in your name go on."),
        Purpose.WITHDRAW: (
            "Withdraw your consent?", "Withdraw", "Your consent is withdrawn. Nothing more goes out in your name.",
        ),
        "over": "Nothing is left to decide: it has been posted, or ended, or its words were changed since this mail.",
        "sending": "A post had already begun and may still go out, at most one for each account.",
        "pause_means": "All accounts, all mappings. It waits until you or whoever runs Chappe lets it go on.",
        "quiet_means": "Your consent stays as it is, and every post waits for your yes: say it to whoever runs Chappe.",
        "withdraw_means": "For all your accounts. What waits in your name is cancelled; what is published stays.",
        "gone": "This link does not work.",
        "hello": "Hello {name}",
        "back": "Go on again",
    },
    "fr": {
        Purpose.NO: ("Ne pas publier ?", "Ne pas publier", "Ce message ne sera pas publié."),
        Purpose.NOW: ("Publier maintenant ?", "Publier", "Il part maintenant, aux heures que vous autorisez."),
        Purpose.LATER: ("Publier demain à 9 h ?", "Demain à 9 h", "Il part demain à 9 h."),
        Purpose.QUIET: ("Plus de courriels comme celui-ci ?", "Plus de courriels", "Vous n’en recevrez plus."),
        Purpose.PAUSE: ("Tout mettre en pause ?", "Tout mettre en pause", "Tout est en pause en votre nom."),
        Purpose.RESUME: ("Reprendre ?", "Reprendre", "Les publications en votre nom reprennent."),
        Purpose.WITHDRAW: (
            "Retirer votre accord ?", "Retirer", "Votre accord est retiré. Plus rien ne sera publié en votre nom.",
        ),
        "over": "Il n’y a plus rien à décider : c’est publié, terminé, ou le texte a changé depuis ce courriel.",
        "sending": "Une publication avait déjà commencé et peut encore paraître : une au plus par compte.",
        "pause_means": "Tous vos comptes. Tout attend que vous repreniez, ou que l’équipe reprenne.",
        "quiet_means": "Votre accord reste tel quel ; chaque message attend votre oui, que vous donnez à l’équipe.",
        "withdraw_means": "Pour tous vos comptes. Ce qui attend est annulé ; ce qui est publié reste en ligne.",
        "gone": "Ce lien ne fonctionne pas.",
        "hello": "Bonjour {name}",
        "back": "Reprendre",
    },
}  # fmt: skip
_OF_A_POST: Final = frozenset({Purpose.NO, Purpose.NOW, Purpose.LATER})
Words: TypeAlias = dict[Purpose | str, Any]
Language = Annotated[str, Header(alias="accept-language")]


@router.get("/{token}", response_class=HTMLResponse)
async def ask(token: str, face: TheFace, accept_language: Language = "") -> HTMLResponse:
    """Show what the link would do, and change nothing."""
    words = _words(accept_language)
    try:
        allowed, about = await _read(face, token)
    except NotFoundError as error:
        return _gone(words, str(error))
    question, button, _ = words[allowed.purpose]
    if allowed.purpose in _OF_A_POST and not about.open:
        return _page(words, about, words["over"])
    return _page(words, about, question, quoted=_quoted(words, allowed, about), form=_form(token, button, allowed))


@router.post("/{token}", response_class=HTMLResponse)
async def act(token: str, face: TheFace, accept_language: Language = "") -> HTMLResponse:
    """Do it, and say so; done twice, it is done once."""
    words = _words(accept_language)
    try:
        allowed, about = await _read(face, token)
    except NotFoundError as error:
        return _gone(words, str(error))
    recording.begin(lambda: _entry(face, allowed, about))
    done = await answering.answer(face.desk(), allowed, about)
    recording.end()
    if allowed.purpose in _OF_A_POST and not done.moved:
        return _page(words, about, words["over"])
    form = ""
    if allowed.purpose is Purpose.PAUSE:
        back = Links(face.vault).sign(replace(allowed, purpose=Purpose.RESUME))
        form = _form(back, words["back"], allowed)
    said = f"<p>{html.escape(words['sending'])}</p>" if done.sending else ""
    return _page(words, about, words[allowed.purpose][2], quoted=said, form=form)


def _entry(face: Face, allowed: Pass, about: Asked) -> Entry:
    """Return what the record keeps of an answer: who gave it, to which mail, and never the link."""
    return Entry(
        workspace_id=allowed.workspace_id, id=new_id(), at=face.clock.now(), by=about.person.name, user_id=None,
        face=audit.MAIL, what=f"mail_{allowed.purpose}", object_kind="people", object_name=allowed.person_id,
        before=recording.summary({}), given=recording.summary({"mail": allowed.mail_id}), request_id="",
    )  # fmt: skip


async def _read(face: Face, token: str) -> tuple[Pass, Asked]:
    allowed = Links(face.vault).read(token, face.clock.now())
    return allowed, await answering.asked(face.desk(), allowed)


def _words(accepted: str) -> Words:
    first = accepted.strip().lower()[:2]
    return _WORDS["fr" if first == "fr" else "en"]


def _quoted(words: Words, allowed: Pass, about: Asked) -> str:
    """Show what it is about: the words of the post, or what a wish for all posts means."""
    if allowed.purpose not in _OF_A_POST:
        means = words.get(f"{allowed.purpose}_means", "")
        return f"<p class=means>{html.escape(means)}</p>" if means else ""
    where = ", ".join(row.account for row in about.open)
    return f"<p class=where>{html.escape(where)}</p><blockquote>{html.escape(about.words[:_SHOWN])}</blockquote>"


def _form(token: str, button: str, allowed: Pass) -> str:
    grave = " class=grave" if allowed.purpose is Purpose.WITHDRAW else ""
    return f'<form method=post action="{html.escape(token)}"><button{grave}>{html.escape(button)}</button></form>'


def _page(words: Words, about: Asked, title: str, *, quoted: str = "", form: str = "") -> HTMLResponse:
    hello = words["hello"].format(name=about.person.name)
    return _answer(words, hello, title, quoted + form)


def _gone(words: Words, why: str) -> HTMLResponse:
    return _answer(words, words["gone"], why, "", status.HTTP_404_NOT_FOUND)


def _answer(words: Words, hello: str, title: str, body: str, code: int = status.HTTP_200_OK) -> HTMLResponse:
    language = "fr" if words is _WORDS["fr"] else "en"
    page = _PAGE.substitute(language=language, hello=html.escape(hello), title=html.escape(title), body=body)
    return HTMLResponse(page, code, headers=_HEADERS)
