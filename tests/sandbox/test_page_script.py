"""The script of the page: what it asks for is there, and the faults that it offers are those that the servers know."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox

SCRIPT: Final = files("sandbox").joinpath("home.js").read_text(encoding="utf-8")
_ADDRESS = re.compile(r"\burl = (`[^`]*`)|\bfetch\((url|[`\"][^`\"]*[`\"])(?:, \{(?:method: \"(\w+)\")?)?")
_NAMED = re.compile(r"\[\"([^\"]*)\", (\{[^}]*\}|null)\]")
RECEIVER: Final = "/receivers/${account.name}/faults"
NETWORK: Final = "/networks/${network.name}/faults"
POST: Final = "/networks/facebook/posts/${encodeURIComponent(post.id)}"


def _requests() -> list[tuple[str, str]]:
    """Return each request that the script makes, its method and address; `url` is the one named last before it."""
    found, url = [], ""
    for named, address, method in _ADDRESS.findall(SCRIPT):
        if named:
            url = named.strip("`")
        else:
            whole = url if address == "url" else address.strip('`"').replace("${url}", url)
            found.append((method or "GET", whole))
    return found


def _faults(name: str) -> dict[str, dict[str, Any]]:
    """Return what a list of the script offers: the label and the fault."""
    [listed] = re.findall(rf"^const {name} = \[(.*?)^\];", SCRIPT, re.DOTALL | re.MULTILINE)
    read = {label: json.loads(re.sub(r"(\w+):", r'"\1":', fault)) for label, fault in _NAMED.findall(listed)}
    return {label: fault for label, fault in read.items() if fault}


def _is_found(fault: dict[str, Any], current: dict[str, Any]) -> bool:
    """Tell whether the page recognises what the sandbox shows as the fault that it offered, by the script's rule."""
    rule = (
        "fault.kind === current.kind &&\n    (fault.commit ?? true) === current.commit && "
        "(fault.retry_after ?? null) === current.retry_after"
    )
    assert SCRIPT.count(rule) == 2
    given = (fault["kind"], fault.get("commit", True), fault.get("retry_after"))
    return given == (current["kind"], current["commit"], current["retry_after"])


def test_the_requests_of_the_script_are_those_that_are_tried_here() -> None:
    assert SCRIPT.count("fetch(") == len(_requests())
    assert set(_requests()) == {
        ("GET", "/everything.json"),
        ("POST", "/feeds/acme/entries"),
        ("POST", "/networks/facebook/posts"),
        ("PATCH", POST),
        ("DELETE", POST),
        ("DELETE", f"{NETWORK}?account=${{encodeURIComponent(account.id)}}"),
        ("POST", NETWORK),
        ("DELETE", RECEIVER),
        ("POST", RECEIVER),
    }


async def test_what_a_reader_publishes_edits_and_deletes_is_shown(sandbox: Sandbox) -> None:
    entry = await sandbox.client.post("/feeds/acme/entries", json={"title": "Nérée", "text": "200 days"})
    post = {"kind": "", "title": "", "message": "At sea", "link": "", "pictures": [_picture()]}
    told = await sandbox.client.post("/networks/facebook/posts", json=post)
    [shown] = (await _shown(sandbox))["posts"]
    path = POST.replace("${encodeURIComponent(post.id)}", shown["id"])
    changed = await sandbox.client.patch(path, json={"message": "In port"})

    assert [answer.is_success for answer in (entry, told, changed)] == [True] * 3
    assert [post["sent"] for post in (await _shown(sandbox))["posts"]] == ["In port"]
    assert shown["pictures"][0]["alt"] == "The buoy"
    assert (await sandbox.client.delete(path)).is_success
    assert (await _shown(sandbox))["posts"] == []


async def test_each_fault_of_a_receiver_is_taken_shown_and_taken_away(sandbox: Sandbox) -> None:
    await sandbox.client.put("/receivers/lea", json={"title": "Léa"})
    url, offered = RECEIVER.replace("${account.name}", "lea"), _faults("FAULTS")
    for label, fault in offered.items():
        assert (await sandbox.client.delete(url)).is_success
        answer = await sandbox.client.post(url, json=fault | {"times": 1})
        assert answer.is_success, f"{label}: {answer.text}"
        [shown] = (await sandbox.client.get("/everything.json")).json()["accounts"][0]["faults"]
        assert [name for name, one in offered.items() if _is_found(one, shown)] == [label]
    assert len(offered) == 10


async def test_each_fault_of_a_network_is_taken_shown_and_taken_away(sandbox: Sandbox) -> None:
    network = (await sandbox.client.get("/everything.json")).json()["networks"][-1]
    account, url = network["accounts"][0]["id"], NETWORK.replace("${network.name}", network["name"])
    assert '!fault || fault.kind !== "garbage"' in SCRIPT
    offered = _faults("FAULTS") | _faults("NETWORK_FAULTS")
    offered = {label: fault for label, fault in offered.items() if fault["kind"] != "garbage"}
    for label, fault in offered.items():
        answer = await sandbox.client.post(url, json=fault | {"account": account, "times": None})
        assert answer.is_success, f"{label}: {answer.text}"
        [shown] = [one for one in answer.json() if one["account"] == account]
        assert [named for named, one in offered.items() if _is_found(one, shown)] == [label]
        assert (await sandbox.client.delete(url, params={"account": account})).is_success
    assert (await sandbox.client.get(f"/networks/{network['name']}")).json()["faults"] == []
    assert len(offered) == 11


def _picture() -> dict[str, str]:
    return {"name": "acme/neree", "alt": "The buoy", "data": ""}


async def _shown(sandbox: Sandbox) -> dict[str, Any]:
    """Return the company's page as the script finds it: the account at Facebook that is nobody's own."""
    networks = (await sandbox.client.get("/everything.json")).json()["networks"]
    [facebook] = [network for network in networks if network["name"] == "facebook"]
    shown: dict[str, Any] = next(account for account in facebook["accounts"] if not account["person"])
    return shown
