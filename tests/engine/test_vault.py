"""What is sealed opens with its key, at its place, and nowhere else."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ChappeError, ConflictError
from engine.vault import KeyFile, Place, Secret, Vault, VaultLockedError, new_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = Place("w1", "grants", "a1", "sealed")
TOKEN = "canary-7f3a9c"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chappe.key"


@pytest.fixture
def vault(path: Path) -> Vault:
    return Vault(KeyFile.create(path))


@given(text=st.text())
def test_what_was_sealed_opens(text: str) -> None:
    vault = Vault(KeyFile((new_key(),)))
    data_key = vault.new_data_key()

    assert vault.open(data_key, vault.seal(data_key, text, HERE), HERE).reveal() == text


@pytest.mark.parametrize(
    "place",
    [
        Place("w2", "grants", "a1", "sealed"),
        Place("w1", "secrets", "a1", "sealed"),
        Place("w1", "grants", "a2", "sealed"),
        Place("w1", "grants", "a1", "refresh"),
        Place("w1", "grants", "a1sealed", ""),
        Place("w1grants", "", "a1", "sealed"),
    ],
)
def test_what_was_moved_to_another_place_does_not_open(vault: Vault, place: Place) -> None:
    data_key = vault.new_data_key()
    sealed = vault.seal(data_key, TOKEN, HERE)

    with pytest.raises(VaultLockedError, match="another place"):
        vault.open(data_key, sealed, place)


@given(st.tuples(st.text(), st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text(), st.text()))
def test_no_two_places_look_alike(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> None:
    assert (Place(*one).authenticated() == Place(*other).authenticated()) == (one == other)


def test_another_workspaces_data_key_opens_nothing(vault: Vault) -> None:
    sealed = vault.seal(vault.new_data_key(), TOKEN, HERE)

    with pytest.raises(VaultLockedError, match="another data key"):
        vault.open(vault.new_data_key(), sealed, HERE)


@given(position=st.integers(0, 10_000), letter=st.sampled_from("ABab019-_.~"))
def test_a_changed_letter_anywhere_is_noticed(position: int, letter: str) -> None:
    vault = Vault(KeyFile((new_key(),)))
    data_key = vault.new_data_key()
    sealed = vault.seal(data_key, TOKEN + "xx", HERE)  # of a length that leaves no loose bits at the end of its base64
    position %= len(sealed)
    changed = sealed[:position] + letter + sealed[position + 1 :]
    if changed == sealed:
        return

    with pytest.raises(VaultLockedError):
        vault.open(data_key, changed, HERE)


@pytest.mark.parametrize("damage", ["", "chappe1", "chappe1.", "chappe1.x.AA", "chappe9.x.AAAA", "plain text"])
def test_what_was_never_sealed_does_not_open(vault: Vault, damage: str) -> None:
    data_key = vault.new_data_key()
    with pytest.raises(VaultLockedError):
        vault.open(data_key, damage, HERE)
    with pytest.raises(VaultLockedError):
        vault.open(damage, vault.seal(data_key, TOKEN, HERE), HERE)


def test_a_changed_data_key_opens_nothing(vault: Vault) -> None:
    form, named, content = vault.new_data_key().split(".")
    other = vault.new_data_key().split(".")[2]

    with pytest.raises(VaultLockedError, match="changed in the database"):
        vault.seal(f"{form}.{named}.{content[:20]}{other[20:]}", TOKEN, HERE)


def test_the_same_text_is_never_sealed_alike(vault: Vault) -> None:
    data_key = vault.new_data_key()

    assert len({vault.seal(data_key, TOKEN, HERE) for _ in range(100)}) == 100


def test_what_is_sealed_names_its_key_and_shows_nothing(vault: Vault) -> None:
    data_key = vault.new_data_key()
    form, named, _ = vault.seal(data_key, TOKEN, HERE).split(".")

    assert (form, len(named)) == ("chappe1", 16)
    assert data_key.split(".")[:2] == ["chappe1", vault.fingerprint()]


def test_without_a_key_file_nothing_opens_and_nothing_is_ready(vault: Vault) -> None:
    data_key = vault.new_data_key()
    sealed = vault.seal(data_key, TOKEN, HERE)
    locked = Vault(None)
    uses: list[Callable[[], object]] = [
        locked.fingerprint,
        locked.new_data_key,
        lambda: locked.seal(data_key, TOKEN, HERE),
        lambda: locked.open(data_key, sealed, HERE),
        lambda: locked.rewrap(data_key),
    ]

    assert vault.ready
    assert not locked.ready
    for use in uses:
        with pytest.raises(VaultLockedError, match="No key file"):
            use()


def test_another_key_file_opens_nothing_and_has_another_fingerprint(vault: Vault) -> None:
    data_key = vault.new_data_key()
    other = Vault(KeyFile((new_key(),)))

    assert other.fingerprint() != vault.fingerprint()
    with pytest.raises(VaultLockedError, match="another installation's"):
        other.open(data_key, vault.seal(data_key, TOKEN, HERE), HERE)


def test_a_rotation_keeps_what_was_sealed_and_seals_with_the_new_key(path: Path) -> None:
    first = KeyFile.create(path)
    before = Vault(first)
    data_key = before.new_data_key()
    sealed = before.seal(data_key, TOKEN, HERE)

    after = Vault(first.rotate(path))

    assert after.open(data_key, sealed, HERE).reveal() == TOKEN
    assert after.fingerprint() == before.fingerprint()
    assert after.new_data_key().split(".")[1] not in {key.id for key in first.keys}
    rewrapped = after.rewrap(data_key)
    alone = Vault(KeyFile.load(path).retire(path))
    assert alone.open(rewrapped, sealed, HERE).reveal() == TOKEN
    assert alone.fingerprint() != before.fingerprint()
    with pytest.raises(VaultLockedError, match="retired too early"):
        alone.open(data_key, sealed, HERE)
    with pytest.raises(VaultLockedError):
        before.open(rewrapped, sealed, HERE)


def test_a_data_key_can_be_changed_by_sealing_anew(vault: Vault) -> None:
    old, new = vault.new_data_key(), vault.new_data_key()
    resealed = vault.reseal(vault.seal(old, TOKEN, HERE), HERE, old=old, new=new)

    assert vault.open(new, resealed, HERE).reveal() == TOKEN
    with pytest.raises(VaultLockedError):
        vault.open(old, resealed, HERE)


def test_a_key_file_is_made_for_its_owner_alone_and_reads_back(path: Path) -> None:
    made = KeyFile.create(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyFile.load(path) == made
    rotated = made.rotate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyFile.load(path) == rotated
    assert rotated.keys[1:] == made.keys
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_key_file_that_is_there_is_never_overwritten(path: Path) -> None:
    KeyFile.create(path)
    kept = path.read_bytes()

    with pytest.raises(ConflictError, match="already"):
        KeyFile.create(path)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666, 0o620, 0o607])
def test_a_key_file_that_others_may_read_or_change_is_refused(path: Path, mode: int) -> None:
    KeyFile.create(path)
    path.chmod(mode)

    with pytest.raises(VaultLockedError, match="chmod 600"):
        KeyFile.load(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
def test_a_key_file_of_a_container_secret_is_taken(path: Path, mode: int) -> None:
    KeyFile.create(path)
    path.chmod(mode)

    assert KeyFile.load(path).keys


def test_a_missing_key_file_is_said_with_the_remedy(path: Path) -> None:
    with pytest.raises(VaultLockedError, match="chappe init"):
        KeyFile.load(path)
    with pytest.raises(VaultLockedError, match="cannot be read"):
        KeyFile.load(path.parent)


def _with(change: Callable[[dict[str, str]], object]) -> Callable[[str], str]:
    def damage(text: str) -> str:
        document = json.loads(text)
        change(document["keys"][0])
        return json.dumps(document)

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda _: "[]",
        lambda _: '{"keys": []}',
        lambda _: '{"keys": [1]}',
        lambda text: text[:-30],
        lambda _: "\x00\xff",
        _with(lambda key: key.update(id="0123456789abcdef")),
        _with(lambda key: key.update(key="c2hvcnQ=")),
        _with(lambda key: key.update(key=f"A{key['key'][1:]}" if key["key"][0] != "A" else f"B{key['key'][1:]}")),
        _with(lambda key: key.pop("key")),
    ],
)
def test_a_damaged_key_file_is_refused(path: Path, damage: Callable[[str], str]) -> None:
    KeyFile.create(path)
    path.write_text(damage(path.read_text()), encoding="utf-8")

    with pytest.raises(VaultLockedError, match="damaged"):
        KeyFile.load(path)


def test_a_binary_file_is_no_key_file(path: Path) -> None:
    path.write_bytes(bytes(range(128, 256)))
    path.chmod(0o600)

    with pytest.raises(VaultLockedError):
        KeyFile.load(path)


def test_a_secret_is_shown_to_who_asks_for_it_alone() -> None:
    secret = Secret(TOKEN)

    assert secret.reveal() == TOKEN
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert TOKEN not in shown
    for leak in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            leak(secret)


def test_secrets_are_compared_by_what_they_hold() -> None:
    assert Secret("é") == Secret("é")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_no_error_and_no_key_shows_what_it_guards(path: Path) -> None:
    keys = KeyFile.create(path)
    vault = Vault(keys)
    data_key = vault.new_data_key()
    sealed = vault.seal(data_key, TOKEN, HERE)
    material = json.loads(path.read_text())["keys"][0]["key"]

    with pytest.raises(ChappeError) as failed:
        vault.open(data_key, sealed, Place("w1", "grants", "a2", "sealed"))

    for shown in (repr(keys), str(keys), repr(keys.keys[0]), repr(vault), str(failed.value), vault.fingerprint()):
        assert material not in shown
        assert TOKEN not in shown
        assert repr(keys.keys[0].value) not in shown
