"""Signing in and out, who one is, and the first user of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, BackgroundTasks, Request, Response, status

from api import credentials, requests_recorded
from api.actions.first_user import make_first
from api.actions.signing_in import LONGEST, Porter
from api.deps import AsUser, TheFace
from api.errors import ForbiddenError, UnauthenticatedError
from api.requests_recorded import Who
from api.shapes import session as shapes
from api.shapes.session import CodeAsked, CodeAskIn, CodeIn, Me, MeIn, NewPasswordIn, PasswordIn, SessionShown, SetupIn
from engine.store import sessions, users

if TYPE_CHECKING:
    from api.actions.signing_in import Opened
    from api.deps import Face

router: Final = APIRouter(tags=["session"])

_REFUSED: Final[dict[int | str, dict[str, Any]]] = {401: {}, 403: {}}


@router.post("/setup", summary="Make the first user", status_code=status.HTTP_201_CREATED, responses={403: {}, 409: {}})
async def set_up_instance(face: TheFace, given: SetupIn, request: Request) -> Me:
    """Make the owner of this instance, with the token that `chappe up` prints while there is no user."""
    _refuse_unsafe(request)
    words = (given.token, given.name, given.email, given.password)
    user = await make_first(face.store, face.clock, face.passwords, words)
    await requests_recorded.note(request, face, Who(user.name, user.id), about=("users", user.id))
    return shapes.me(user, await face.store.read(users.places, user.id))


@router.post("/session", summary="Sign in by password", status_code=status.HTTP_201_CREATED, responses=_REFUSED)
async def sign_in(face: TheFace, given: PasswordIn, request: Request, response: Response) -> SessionShown:
    """Open a session: its cookie comes with the answer, and the token to send with every change."""
    _refuse_unsafe(request)
    try:
        opened = await _porter(face).by_password(given.email, given.password, credentials.address(request))
    except UnauthenticatedError:
        known = await face.store.read(users.by_email, given.email)
        await _missed(face, request, known.id if known else "")
        raise
    return await _begin(face, opened, request, response)


@router.post(
    "/session/code", summary="Ask for a code by mail", status_code=status.HTTP_202_ACCEPTED, responses={403: {}}
)
async def ask_for_code(face: TheFace, given: CodeAskIn, request: Request, later: BackgroundTasks) -> CodeAsked:
    """Mail a code that is good for half an hour; the answer is the same whether or not there is such a user."""
    _refuse_unsafe(request)
    porter = _porter(face)
    asked = await porter.ask(given.email, credentials.address(request))
    later.add_task(porter.mail, asked, given.email, face.send_code)
    return CodeAsked(request=asked.request, expires_at=asked.expires_at)


@router.post("/session/code/redeem", summary="Sign in by code", status_code=status.HTTP_201_CREATED, responses=_REFUSED)
async def redeem_code(face: TheFace, given: CodeIn, request: Request, response: Response) -> SessionShown:
    """Open a session by the code that came by mail; after five wrong ones a new code is needed."""
    _refuse_unsafe(request)
    try:
        opened = await _porter(face).by_code(given.request, given.code, credentials.address(request))
    except UnauthenticatedError:
        await _missed(face, request, "")
        raise
    return await _begin(face, opened, request, response)


@router.get("/session", summary="Show the session")
async def show_session(signed: AsUser) -> SessionShown:
    """Show who is signed in, and the token to send with every change."""
    session = signed.known.session
    end = session.expires_at if session else None
    return SessionShown(user_id=signed.user.id, name=signed.user.name, csrf=signed.csrf, expires_at=end)


@router.delete("/session", summary="Sign out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(face: TheFace, signed: AsUser, request: Request, response: Response) -> None:
    """End this session."""
    if signed.known.session is not None:
        await face.store.write(sessions.end, signed.known.session.hash)
    _forget(request, response)


@router.delete("/sessions", summary="Sign out everywhere", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out_everywhere(face: TheFace, signed: AsUser, request: Request, response: Response) -> None:
    """End every session of the user, and the codes under way; API keys stay."""
    await face.store.write(users.forget, signed.user.id)
    _forget(request, response)


@router.get("/me", summary="Show who I am")
async def show_me(face: TheFace, signed: AsUser) -> Me:
    """Show the user and the workspaces that the user is in; with an API key, only the one that the key is for."""
    user = await face.store.read(users.get, signed.user.id)
    places = await face.store.read(users.places, user.id)
    here = signed.known.workspace
    return shapes.me(user, [one for one in places if here is None or one.membership.workspace_id == here.id])


@router.patch("/me", summary="Change my name")
async def change_me(face: TheFace, signed: AsUser, given: MeIn) -> Me:
    """Change what the user is called, in the record of decisions too from now on."""
    user = await face.store.write(users.change, signed.user.id, {"name": given.name})
    return shapes.me(user, await face.store.read(users.places, user.id))


@router.put("/me/password", summary="Change my password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(face: TheFace, signed: AsUser, given: NewPasswordIn) -> None:
    """Set a new password and end every other session."""
    if signed.known.session is None:
        raise ForbiddenError("A password is changed by who is signed in, not by an API key.")
    await _porter(face).new_password(signed.user.id, signed.known.session, given.old, given.password)


def _porter(face: Face) -> Porter:
    return Porter(face.store, face.clock, face.passwords)


def _refuse_unsafe(request: Request) -> None:
    """Refuse to sign in from a page of another site, or where passwords and cookies could be read on the way."""
    credentials.refuse_other_sites(request)
    if request.url.scheme != "https" and not credentials.is_local(request):
        raise ForbiddenError(
            "Signing in needs HTTPS, except on this machine itself. Behind a proxy, let it send X-Forwarded-Proto, and "
            "name its address in FORWARDED_ALLOW_IPS."
        )


async def _missed(face: Face, request: Request, user_id: str) -> None:
    """Record a failed sign-in: whose, where that is known, and never from where."""
    more = face.misses.more(face.clock.now())
    if more is not None:
        given = {"not_recorded_before": more} if more else {}
        about = ("users", user_id)
        await requests_recorded.note(request, face, Who("nobody"), what="sign_in_failed", about=about, given=given)


async def _begin(face: Face, opened: Opened, request: Request, response: Response) -> SessionShown:
    """Record the sign-in, end the session that the browser had, and give it the new one."""
    user = opened.user
    await requests_recorded.note(request, face, Who(user.name, user.id), about=("users", user.id))
    if former := credentials.cookie(request):
        await face.store.write(sessions.end, credentials.hash_of(former))
    name = credentials.cookie_name(request)
    secure = name == credentials.COOKIE
    age = int(LONGEST.total_seconds())
    response.set_cookie(name, opened.token, max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
    response.headers["cache-control"] = "no-store"
    csrf = credentials.csrf_of(opened.token)
    return SessionShown(user_id=opened.user.id, name=opened.user.name, csrf=csrf, expires_at=opened.expires_at)


def _forget(request: Request, response: Response) -> None:
    name = credentials.cookie_name(request)
    response.delete_cookie(name, path="/", secure=name == credentials.COOKIE, httponly=True, samesite="lax")
