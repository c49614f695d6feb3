"""Seal and open secrets: each workspace's under a key of its own, those keys under a key that is never in the database.

The key file holds the key-encryption keys, the current one first. A workspace's data key is sealed by the current one
and kept in the database; it seals the workspace's secrets. Everything is AES-256-GCM. A sealed secret names the place
where it belongs (workspace, table, row, field) as authenticated data: copied to another place it does not open.

What is sealed reads `chappe1.<id of the key>.<base64url of nonce and ciphertext>`. A copy of the database without the
key file opens nothing, and what holds no open token can publish nothing.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import ChappeError, ConflictError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "chappe1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_DATA_KEY = b"chappe1 data key"
_OTHERS = stat.S_IRWXO | stat.S_IWGRP


class VaultLockedError(ChappeError):
    """Secrets cannot be opened: the key file is missing, open to others, damaged, or another one."""


class Secret:
    """A text that is shown only to who asks for it by `reveal()`; it is never printed, formatted or pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    def __str__(self) -> str:
        return "…"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed belongs; it opens nowhere else."""

    workspace: str
    table: str
    row: str
    field: str

    def authenticated(self) -> bytes:
        """Return the place as bytes that no other place has."""
        return json.dumps([FORMAT, self.workspace, self.table, self.row, self.field]).encode()


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """32 random bytes; `id` is derived from them, so that what they sealed can name them and tells nothing."""

    value: bytes
    id: str = field(init=False, compare=False)
    _cipher: AESGCM = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", hmac.digest(self.value, b"chappe key id", "sha256").hex()[:16])
        object.__setattr__(self, "_cipher", AESGCM(self.value))

    def seal(self, text: bytes, authenticated: bytes) -> str:
        """Return the text sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text, authenticated)
        return f"{FORMAT}.{self.id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: bytes, authenticated: bytes) -> bytes:
        """Return what was sealed; raise InvalidTag when anything of it was changed."""
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], authenticated)

    def __repr__(self) -> str:
        return f"<Key {self.id}>"


def new_key() -> Key:
    """Return a random key."""
    return Key(AESGCM.generate_key(_KEY_BYTES * 8))


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key-encryption keys, the current one first: a JSON file that only its owner may read.

    To change the key: `rotate`, rewrap every data key, then `retire`.
    """

    keys: tuple[Key, ...]

    @classmethod
    def create(cls, path: Path) -> KeyFile:
        """Write a new file with one random key, readable by its owner alone; raise ConflictError when one is there."""
        made = cls((new_key(),))
        try:
            _write(path, made.keys)
        except FileExistsError:
            raise ConflictError(
                f"There is a key file at {path} already, and it is needed to open what it sealed. It was left as it is."
            ) from None
        return made

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read the file; raise VaultLockedError when it is missing, open to others, or not a key file."""
        try:
            with path.open(encoding="utf-8") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise VaultLockedError(
                f"The key file {path} cannot be read ({type(error).__name__}). Without it nothing that is sealed opens "
                "and nothing is published. Put it back from your backup, or, in a new installation, make one with "
                "`chappe init`."
            ) from None
        if mode & _OTHERS:
            raise VaultLockedError(
                f"The key file {path} is open to others (mode {mode:04o}). Close it with `chmod 600 {path}`; if "
                "anybody may have read it, rotate the key and connect the accounts anew."
            )
        return cls(_parse(text, path))

    def rotate(self, path: Path) -> KeyFile:
        """Put a new key before the others, in the file too, and return what it holds then."""
        return self._replaced(path, (new_key(), *self.keys))

    def retire(self, path: Path) -> KeyFile:
        """Drop all keys but the current one, in the file too: for when every data key was rewrapped."""
        return self._replaced(path, self.keys[:1])

    @staticmethod
    def _replaced(path: Path, keys: tuple[Key, ...]) -> KeyFile:
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write(fresh, keys)
        fresh.replace(path)
        _sync_folder(path)
        return KeyFile(keys)


class Vault:
    """Opens and seals with the keys of a key file; without one (`None`) it is locked, and every use of it says so.

    A *data key* is a workspace's own, sealed: made by `new_data_key`, kept in the database, handed in with each use.
    """

    def __init__(self, keys: KeyFile | None) -> None:
        self._keys = {key.id: key for key in keys.keys} if keys else {}
        self._unsealed = lru_cache(maxsize=256)(self._unseal_data_key)

    @property
    def ready(self) -> bool:
        """Whether there is a key; without one nothing may be published."""
        return bool(self._keys)

    def fingerprint(self) -> str:
        """Return what tells this key file from others: the id of its oldest key.

        It stays when `rotate` puts a key before the others; before `retire` the new one is to be noted.
        """
        return list(self._held())[-1]

    def holds(self, key_id: str) -> bool:
        """Tell whether the key file has this key, among others."""
        return key_id in self._held()

    def derived(self, purpose: str) -> list[bytes]:
        """Return keys for another purpose than sealing, derived from those of the file, the current one last."""
        keys = reversed(self._held().values())
        return [hmac.digest(key.value, f"chappe {purpose}".encode(), "sha256") for key in keys]

    def new_data_key(self) -> str:
        """Return a new data key, sealed."""
        return self._current().seal(new_key().value, _DATA_KEY)

    def seal(self, data_key: str, text: str, place: Place) -> str:
        """Return a text sealed for its place."""
        return self._unsealed(data_key).seal(text.encode(), place.authenticated())

    def open(self, data_key: str, sealed: str, place: Place) -> Secret:
        """Return what was sealed for this place; raise VaultLockedError when it was not, or was changed since."""
        key = self._unsealed(data_key)
        named, content = _split(sealed)
        if named != key.id:
            raise VaultLockedError(
                f"The {place.field} of {place.table} {place.row} was sealed with another data key than its workspace's."
            )
        try:
            return Secret(key.open(content, place.authenticated()).decode())
        except InvalidTag:
            raise VaultLockedError(
                f"The {place.field} of {place.table} {place.row} does not open: it was sealed for another place, or "
                "was changed. Connect the account, or set the secret, anew."
            ) from None

    def rewrap(self, data_key: str) -> str:
        """Return the same data key, sealed by the current key of the key file."""
        return self._current().seal(self._unsealed(data_key).value, _DATA_KEY)

    def reseal(self, sealed: str, place: Place, *, old: str, new: str) -> str:
        """Return a sealed text under a new data key: every one of a workspace is resealed when its data key changes."""
        return self.seal(new, self.open(old, sealed, place).reveal(), place)

    def _unseal_data_key(self, data_key: str) -> Key:
        named, content = _split(data_key)
        key = self._held().get(named)
        if key is None:
            raise VaultLockedError(
                f"This key file does not hold the key {named} that sealed the workspace's data: it is another "
                "installation's, or an old key was retired too early. Nothing is published until the right one is back."
            )
        try:
            return Key(key.open(content, _DATA_KEY))
        except InvalidTag:
            raise VaultLockedError(
                "The workspace's data key was changed in the database and does not open. Restore it from a backup."
            ) from None

    def _current(self) -> Key:
        return next(iter(self._held().values()))

    def _held(self) -> dict[str, Key]:
        if not self._keys:
            raise VaultLockedError(
                "No key file is loaded, so nothing that is sealed opens and nothing is published. Set CHAPPE_KEY_FILE, "
                "or run `chappe init` if this is a new installation."
            )
        return self._keys


def key_of(sealed: str) -> str:
    """Return the id of the key that sealed something."""
    return _split(sealed)[0]


def _split(sealed: str) -> tuple[str, bytes]:
    """Return the id of the key and the content of something sealed."""
    form, _, rest = sealed.partition(".")
    named, _, content = rest.partition(".")
    if form != FORMAT:
        raise VaultLockedError("Something was sealed in a form that this version does not know: a newer one made it.")
    try:
        sealed_bytes = base64.b64decode(content, altchars=b"-_", validate=True)
    except ValueError:
        sealed_bytes = b""
    if base64.urlsafe_b64encode(sealed_bytes).decode() != content:  # bits that decoding drops were changed
        sealed_bytes = b""
    if len(sealed_bytes) < _NONCE_BYTES + _TAG_BYTES:
        raise VaultLockedError("Something sealed was cut or changed in the database and does not open.")
    return named, sealed_bytes


def _parse(text: str, path: Path) -> tuple[Key, ...]:
    try:
        document = json.loads(text)
        keys = tuple(Key(base64.b64decode(entry["key"], validate=True)) for entry in document["keys"])
        named = tuple(entry["id"] for entry in document["keys"])
    except (ValueError, KeyError, TypeError):
        keys, named = (), ()
    if not keys or any(len(key.value) != _KEY_BYTES for key in keys) or named != tuple(key.id for key in keys):
        raise VaultLockedError(
            f"The key file {path} is damaged or is not a key file of Chappe. Put it back from your backup."
        )
    return keys


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    """Write a new file that is on the disk when this returns; raise FileExistsError when it is there."""
    entries = [{"id": key.id, "key": base64.b64encode(key.value).decode()} for key in keys]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps({"keys": entries}, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
