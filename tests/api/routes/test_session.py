"""Signing in: by password and by code, with cookies that other sites cannot use, and tries that soon wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api import credentials
from api.actions import first_user
from api.actions.signing_in import LONGEST
from api.gate import IDLE
from api.tries import MOST, Misses
from engine.store import audit, users
from engine.store.audit import Asked
from tests.api.routes.conftest import shown_by

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

SESSION = "/api/v1/session"
PASSWORD = "three otters in a canoe"
VIEWER = "viewer@acme.example.org"


@pytest.fixture(scope="module")
def anyone(api: Api, world: World) -> Api:
    """Call without credentials, where the viewer of acme has a password."""

    async def give() -> None:
        user = await world.store.read(users.by_email, VIEWER)
        assert user is not None
        hashed = await world.face.passwords.hashed(PASSWORD)
        await world.store.write(users.change, user.id, {"password": hashed})

    world.do(give())
    return api.as_(None)


async def _sign_in(anyone: Api, password: str = PASSWORD, email: str = VIEWER, **headers: str) -> httpx.Response:
    return await anyone.post(SESSION, json={"email": email, "password": password}, headers=headers)


def _token(answer: httpx.Response) -> str:
    found = re.match(rf"{credentials.COOKIE}=([^;]+);", answer.headers["set-cookie"])
    assert found is not None
    return found[1]


async def _me(anyone: Api, **headers: str) -> int:
    return (await anyone.get("/api/v1/me", headers=headers)).status_code


async def test_a_password_opens_a_session_whose_cookie_no_script_and_no_other_site_has(anyone: Api) -> None:
    answer = await _sign_in(anyone, email=" Viewer@ACME.example.org ")

    assert answer.status_code == 201
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= flags
    assert not any(flag.startswith("domain") for flag in flags)
    shown = await anyone.get(SESSION, headers={"cookie": f"{credentials.COOKIE}={_token(answer)}"})
    assert shown.json()["csrf"] == answer.json()["csrf"] == credentials.csrf_of(_token(answer))


async def test_over_plain_http_a_session_is_for_this_machine_alone(anyone: Api) -> None:
    given = {"email": VIEWER, "password": PASSWORD}
    near = await anyone.client.post(f"http://localhost{SESSION}", json=given)
    far = await anyone.client.post(f"http://chappe.example.org{SESSION}", json=given)

    assert near.headers["set-cookie"].startswith(f"{credentials.PLAIN_COOKIE}=")
    assert "secure" not in near.headers["set-cookie"].lower()
    assert far.status_code == 403
    token = near.cookies[credentials.PLAIN_COOKIE]
    assert await _me(anyone, cookie=f"{credentials.PLAIN_COOKIE}={token}") == 401  # over HTTPS that name is nothing


async def test_signing_in_again_ends_the_session_before(anyone: Api) -> None:
    former = _token(await _sign_in(anyone))

    await _sign_in(anyone, **shown_by(former))

    assert await _me(anyone, **shown_by(former)) == 401


async def test_a_wrong_password_and_nobody_are_answered_alike(anyone: Api) -> None:
    answers = [
        await _sign_in(anyone, "wrong words here"), await _sign_in(anyone, "wrong words here", "nobody@acme.example")
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert "set-cookie" not in answers[0].headers
    assert answers[0].headers["www-authenticate"]


async def test_after_some_wrong_tries_even_the_right_password_waits_ever_longer(anyone: Api, world: World) -> None:
    email = "editor@acme.example.org"
    waits = []
    for _ in range(12):
        answer = await _sign_in(anyone, "wrong words here", email)
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            world.clock.advance(waits[-1])

    assert waits == sorted(waits)
    assert len(waits) >= 3
    assert waits[-1] >= 4 * waits[0]


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-csrf-token": "x"}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}],
)
async def test_a_change_that_may_be_forged_is_refused(anyone: Api, headers: dict[str, str]) -> None:
    token = _token(await _sign_in(anyone))
    shown = shown_by(token) | headers if headers and "x-csrf-token" not in headers else headers
    cookie = {"cookie": f"{credentials.COOKIE}={token}"}

    answer = await anyone.patch("/api/v1/me", json={"name": "Mallory"}, headers=cookie | shown)

    assert answer.status_code == 403
    assert await _me(anyone, **cookie) == 200


async def test_another_site_signs_nobody_in(anyone: Api) -> None:
    assert (await _sign_in(anyone, **{"sec-fetch-site": "cross-site"})).status_code == 403


@pytest.mark.parametrize("everywhere", [False, True])
async def test_signing_out_ends_this_session_or_all(anyone: Api, everywhere: bool) -> None:
    here, there = [_token(await _sign_in(anyone)) for _ in range(2)]

    answer = await anyone.delete(SESSION + "s" * everywhere, headers=shown_by(here))

    assert answer.status_code == 204
    assert [await _me(anyone, **shown_by(token)) for token in (here, there)] == [401, 401 if everywhere else 200]


@pytest.mark.parametrize("after", [IDLE, LONGEST])
async def test_a_session_ends_when_nobody_uses_it_and_at_its_end(anyone: Api, world: World, after: timedelta) -> None:
    headers = shown_by(_token(await _sign_in(anyone)))
    step = IDLE if after == IDLE else timedelta(days=6)
    seen = [await _me(anyone, **headers)]
    for _ in range(after // step):
        world.clock.advance(step.total_seconds())
        seen.append(await _me(anyone, **headers))

    assert seen[-1] == 401
    assert set(seen[:-1]) == {200}


async def _asked(anyone: Api, world: World, email: str = VIEWER) -> tuple[str, str]:
    """Ask for a code; returns the request and the code that came."""
    world.clock.advance(timedelta(days=2).total_seconds())  # so that no earlier tries count
    answer = await anyone.post(f"{SESSION}/code", json={"email": email})
    assert answer.status_code == 202
    return answer.json()["request"], world.post.codes[-1][1]


async def _redeem(anyone: Api, request: str, code: str) -> int:
    answer = await anyone.post(f"{SESSION}/code/redeem", json={"request": request, "code": code})
    return answer.status_code


async def test_a_mailed_code_opens_a_session_once(anyone: Api, world: World) -> None:
    request, code = await _asked(anyone, world)

    assert len(code) == credentials.CODE_LENGTH
    assert await _redeem(anyone, request, f" {code[:4]}-{code[4:].lower()} ") == 201
    assert await _redeem(anyone, request, code) == 401


async def test_a_code_ends_after_half_an_hour_and_after_five_wrong_ones(anyone: Api, world: World) -> None:
    request, code = await _asked(anyone, world)
    world.clock.advance(30 * 60)
    assert await _redeem(anyone, request, code) == 401

    request, code = await _asked(anyone, world)
    assert [await _redeem(anyone, request, "AAAAAAAA") for _ in range(5)] == [401] * 5
    world.clock.advance(60)
    assert await _redeem(anyone, request, code) == 401


async def test_a_code_is_worth_nothing_with_another_request(anyone: Api, world: World) -> None:
    _, code = await _asked(anyone, world)
    other, _ = await _asked(anyone, world)

    assert await _redeem(anyone, other, code) == 401


async def test_who_asks_for_nobodys_code_is_answered_alike_and_nothing_is_sent(anyone: Api, world: World) -> None:
    await _asked(anyone, world)
    sent = len(world.post.codes)

    answer = await anyone.post(f"{SESSION}/code", json={"email": "nobody@acme.example"})

    assert answer.status_code == 202
    assert set(answer.json()) == {"request", "expires_at"}
    assert len(world.post.codes) == sent


async def test_no_time_tells_whether_there_is_somebody_who_is_mailed_a_code(anyone: Api, world: World) -> None:
    sent, at_the_answer = len(world.post.codes), []
    world.clock.advance(timedelta(days=2).total_seconds())

    async def looked_at(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            at_the_answer.append(len(world.post.codes))
            await send(message)

        await world.app(scope, receive, noting)

    transport = httpx.ASGITransport(looked_at)
    async with httpx.AsyncClient(transport=transport, base_url="https://chappe", trust_env=False) as client:
        await client.post(f"{SESSION}/code", json={"email": VIEWER}, headers={"idempotency-key": "one"})

    assert set(at_the_answer) == {sent}
    assert len(world.post.codes) == sent + 1


async def test_a_new_password_needs_the_old_one_or_a_fresh_code_and_ends_other_sessions(
    anyone: Api, world: World
) -> None:
    async def change(headers: dict[str, str], **given: Any) -> int:
        return (await anyone.put("/api/v1/me/password", json=given, headers=headers)).status_code

    world.clock.advance(timedelta(days=2).total_seconds())
    by_password, other = [shown_by(_token(await _sign_in(anyone))) for _ in range(2)]
    assert await change(by_password, old="not this one", password=PASSWORD + "!") == 403
    assert await change(by_password, old=PASSWORD, password="short") == 422
    assert await change(by_password, old=PASSWORD, password=PASSWORD + "!") == 204
    assert [await _me(anyone, **each) for each in (by_password, other)] == [200, 401]

    request, code = await _asked(anyone, world)
    answer = await anyone.post(f"{SESSION}/code/redeem", json={"request": request, "code": code})
    assert await change(shown_by(_token(answer)), password=PASSWORD) == 204


async def test_a_removed_or_suspended_user_is_out_at_once(anyone: Api, world: World) -> None:
    headers = shown_by(_token(await _sign_in(anyone)))
    user = await world.store.read(users.by_email, VIEWER)
    assert user is not None

    await world.store.write(users.change, user.id, {"state": users.SUSPENDED})
    out = await _me(anyone, **headers), (await _sign_in(anyone)).status_code
    await world.store.write(users.change, user.id, {"state": users.ACTIVE})

    assert out == (401, 401)


async def test_who_signed_in_and_out_and_who_failed_to_is_on_record(anyone: Api, world: World) -> None:
    world.clock.advance(timedelta(days=1))
    token = _token(await _sign_in(anyone))
    await anyone.delete(SESSION, headers=shown_by(token))
    await _sign_in(anyone, "wrong")
    await _sign_in(anyone, "wrong", email="nobody@acme.example.org")
    user = await world.store.read(users.by_email, VIEWER)
    assert user is not None
    entries = await world.store.read(audit.listed, "", Asked(), most=4)

    assert [(entry.what, entry.by, entry.object_name) for entry in entries] == [
        ("sign_in_failed", "nobody", ""),
        ("sign_in_failed", "nobody", user.id),
        ("sign_out", user.name, ""),
        ("sign_in", user.name, user.id),
    ]
    assert "nobody@acme" not in str(entries)  # what was typed may be a password
    found = await world.store.read(audit.listed, "", Asked(what="sign_out"), most=1)
    assert [entry.id for entry in found] == [entries[2].id]


def test_failures_do_not_fill_the_record() -> None:
    misses, noon = Misses(), datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    told = [misses.more(noon) for _ in range(MOST + 5)]

    assert told == [0] * MOST + [None] * 5
    assert misses.more(noon + timedelta(minutes=30)) == 5
    assert misses.more(noon + timedelta(minutes=30)) == 0


async def test_nobody_sets_up_an_instance_that_has_a_user(anyone: Api, world: World) -> None:
    given = {"token": "x", "name": "Mallory", "email": "m@evil.example", "password": PASSWORD}

    assert await first_user.invitation(world.store) is None
    assert (await anyone.post("/api/v1/setup", json=given)).status_code == 403
    far = await anyone.client.post("http://chappe.example.org/api/v1/setup", json=given)
    assert "HTTPS" in far.json()["detail"]  # the password would be read on the way
