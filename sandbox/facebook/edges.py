"""What each address of the Graph API does, behind the version: nodes, their edges, and the few that are fixed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from sandbox.facebook import comments, publishing
from sandbox.facebook.asking import asked_of
from sandbox.facebook.call import Call
from sandbox.facebook.callers import debugged, page_token, pages_of, tasks_of
from sandbox.facebook.errors import GraphError
from sandbox.facebook.exchange import exchange
from sandbox.facebook.lists import posts_of
from sandbox.facebook.nodes import photo_node, post_shown, project
from sandbox.network import COMMENT

if TYPE_CHECKING:
    from sandbox.facebook.callers import Caller

Handler = Callable[[Call], Awaitable[Any]]
_READ: Final = ("pages_read_engagement",)
_WRITE: Final = ("pages_manage_posts", "pages_read_engagement")
_LISTS: Final = frozenset({"published_posts", "posts", "feed", "scheduled_posts"})


def route(call: Call, method: str) -> tuple[str, str, Handler]:
    """Return an operation, the account that it concerns, and what carries it out."""
    first, *rest = call.path or ("",)
    edge = "/".join(rest)
    fixed = _FIXED.get((method, "/".join(call.path)))
    if fixed:
        return fixed[0], _account(call), fixed[1]
    found = first and _EDGES.get((method, edge if edge not in _LISTS or method != "GET" else "*"))
    if not found:
        return "page", first, _unsupported
    node = call.network.publications.get(first)
    return found[0], node.account if node else first, found[1]


def _account(call: Call) -> str:
    token = call.network.authority.tokens.get(call.token)
    return (token.subject or token.account) if token else ""


async def _unsupported(call: Call) -> Any:
    call.caller()
    raise GraphError("100/33")


async def _me(call: Call) -> Any:
    if not call.token:
        raise GraphError("2500")
    caller = call.caller()
    if caller.token is None:
        raise GraphError("2500")
    return _profile(call, caller, caller.page or caller.token.account)


def _profile(call: Call, caller: Caller, account: str) -> dict[str, Any]:
    """Return a page or a person as a caller sees it."""
    one = call.network.accounts[account]
    first, _, last = one.name.partition(" ")
    node: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.person:
        return project({**node, "first_name": first, "last_name": last}, "User", call.asked())
    node |= {"username": one.handle, "about": one.headline, "category": "Energy Company", "is_published": True,
             "link": f"{call.base}facebook/{one.handle}", "fan_count": 1204, "followers_count": 1311,
             "category_list": [{"id": "2241", "name": "Energy Company"}]}  # fmt: skip
    if caller.token and tasks_of(call.network, account, caller.token.account):
        token = caller.token if caller.page else page_token(call.network, caller.token, account)
        node |= {"access_token": token.value, "tasks": tasks_of(call.network, account, caller.token.account)}
    return project(node, "Page", call.asked())


async def _accounts(call: Call) -> Any:
    if not call.token:
        raise GraphError("2500")
    caller = call.caller()
    if caller.token is None or caller.page:
        raise GraphError("100", "(#100) Tried accessing nonexisting field (accounts) on node type (Page)")
    if not caller.allows("pages_show_list"):
        return {"data": []}
    asked = call.asked() or asked_of("access_token,category,category_list,name,id,tasks")
    nodes = []
    for page in pages_of(call.network, caller.token.account):
        token = page_token(call.network, caller.token, page.id)
        nodes.append(
            project(
                {"id": page.id, "name": page.name, "category": "Energy Company", "access_token": token.value,
                 "category_list": [{"id": "2241", "name": "Energy Company"}],
                 "tasks": tasks_of(call.network, page.id, caller.token.account)}, "Page", asked,
            )
        )  # fmt: skip
    return {"data": nodes, "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}} if nodes else {"data": []}


async def _debug(call: Call) -> Any:
    caller = call.caller()
    if caller.page:
        raise GraphError("100", "(#100) You must provide an app access token, or a user access token of the app")
    return debugged(call.network, call.form.values.get("input_token", ""))


async def _token(call: Call) -> Any:
    return exchange(call.network, call.form.values)


def _page(call: Call, *scopes: str, refusal: str = "10", task: str = "") -> Caller:
    """Return the caller, who must act for the page that is called, with these permissions and this task."""
    caller, page = call.caller(), call.path[0] if call.path[0] != "me" else ""
    page = page or caller.page
    if page not in call.network.accounts or call.network.accounts[page].person:
        raise GraphError("100/33")
    if not caller.page:
        raise GraphError("190/2069032")
    if caller.page != page or not caller.allows(*scopes):
        raise GraphError(refusal)
    if task and caller.token and task not in tasks_of(call.network, page, caller.token.account):
        raise GraphError(refusal)
    return caller


async def _posts(call: Call) -> Any:
    caller = _page(call, *_READ)
    here = call.here if call.path[0] != "me" else call.here.replace("/me/", f"/{caller.page}/")
    values = {name: value for name, value in call.form.values.items() if name != "appsecret_proof"}
    return posts_of(call.network, caller.page, call.path[1], values, here)


async def _feed(call: Call) -> Any:
    caller = _page(call, *_WRITE, refusal="200", task="CREATE_CONTENT")
    return await publishing.feed(call.network, caller.page, call.form, caller.app)


async def _photos(call: Call) -> Any:
    caller = _page(call, *_WRITE, refusal="200", task="CREATE_CONTENT")
    return await publishing.photos(call.network, caller.page, call.form, caller.app)


async def _subscribe(call: Call) -> Any:
    caller = _page(call, "pages_manage_metadata", refusal="200/metadata")
    fields = call.form.values.get("subscribed_fields", "")
    if not fields:
        raise GraphError("100", "(#100) The parameter subscribed_fields is required.")
    return call.graph.webhooks.install(caller.page, caller.app, fields)


async def _subscribed(call: Call) -> Any:
    return call.graph.webhooks.installed(_page(call, "pages_manage_metadata", refusal="200/metadata").page)


async def _unsubscribe(call: Call) -> Any:
    caller = _page(call, "pages_manage_metadata", refusal="200/metadata")
    return call.graph.webhooks.uninstall(caller.page, caller.app)


async def _callback(call: Call) -> Any:
    caller = call.caller()
    if caller.token is not None or call.path[0] != caller.app.id:
        raise GraphError("15", "(#15) This method must be called with an app access_token.")
    values = call.form.values
    if values.get("object") != "page":
        raise GraphError("100", "(#100) object must be page")
    return await call.graph.webhooks.subscribe(
        caller.app, values.get("callback_url", ""), values.get("verify_token", ""), values.get("fields", "")
    )


async def _callbacks(call: Call) -> Any:
    known = call.network.facts.get("subscriptions", {}).get(call.caller().app.id)
    return {"data": [known] if known else []}


async def _node(call: Call) -> Any:
    caller, name = call.caller(), call.path[0]
    post = call.network.publications.get(name)
    if post is not None and not post.deleted:
        if caller.page != post.account or not caller.allows(*_READ):
            raise GraphError("10")
        if post.kind == COMMENT:
            return comments.shown(call.network, post, call.asked())
        return post_shown(call.network, post, call.base, call.asked())
    if name in call.network.pictures and caller.page == call.network.pictures[name].owner:
        return project(photo_node(call.network, name, call.base), "Photo", call.asked())
    if name in call.network.accounts:
        return _profile(call, caller, name)
    raise GraphError("100/33")


async def _edit(call: Call) -> Any:
    post = _own(call)
    return publishing.edit(call.network, call.network.publications[post], call.form, call.caller().app)


async def _delete(call: Call) -> Any:
    call.network.remove(_own(call))
    return {"success": True}


def _own(call: Call) -> str:
    """Return the post that is called, which the caller must be allowed to change."""
    caller = call.caller()
    post = call.network.publications.get(call.path[0])
    if post is None or post.deleted:
        raise GraphError("100/33")
    if not caller.page:
        raise GraphError("190/2069032")
    if caller.page != post.account or not caller.allows(*_WRITE):
        raise GraphError("200")
    return post.id


async def _permissions(call: Call) -> Any:
    caller = call.caller()
    if caller.token is None or caller.page:
        raise GraphError("2500")
    return {"data": [{"permission": scope, "status": "granted"} for scope in caller.token.scopes]}


async def _leave(call: Call) -> Any:
    caller = call.caller()
    if caller.token is None:
        raise GraphError("2500")
    call.network.authority.kill(caller.token.account, "removed")
    return {"success": True}


_FIXED: Final[dict[tuple[str, str], tuple[str, Handler]]] = {
    ("GET", "me"): ("me", _me),
    ("GET", "me/accounts"): ("accounts", _accounts),
    ("GET", "debug_token"): ("debug_token", _debug),
    ("GET", "oauth/access_token"): ("token", _token),
    ("POST", "oauth/access_token"): ("token", _token),
    ("GET", "me/permissions"): ("permissions", _permissions),
    ("DELETE", "me/permissions"): ("permissions", _leave),
}
_EDGES: Final[dict[tuple[str, str], tuple[str, Handler]]] = {
    ("GET", "*"): ("posts", _posts),
    ("GET", ""): ("post", _node),
    ("GET", "subscribed_apps"): ("subscribe", _subscribed),
    ("GET", "subscriptions"): ("subscribe", _callbacks),
    ("GET", "comments"): ("comments", comments.comments),
    ("POST", "comments"): ("comments", comments.comment),
    ("POST", "feed"): ("feed", _feed),
    ("POST", "photos"): ("photos", _photos),
    ("POST", "subscribed_apps"): ("subscribe", _subscribe),
    ("POST", "subscriptions"): ("subscribe", _callback),
    ("POST", ""): ("edit", _edit),
    ("DELETE", ""): ("delete", _delete),
    ("DELETE", "subscribed_apps"): ("subscribe", _unsubscribe),
}
