"""Keeps connections' secrets encrypted at rest. Several keys may be given: the first encrypts, all of them decrypt (rotation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from stockbridge import shapes


class KeyProblem(Exception):
    """The key of this installation is not the one that it needs. The text says what is wrong and what to do."""


class LostKey(KeyProblem):
    """The key file is not there, and what it encrypted is. A new key beside it would be taken for the right one."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"There is no key {file}, and the credentials in the database were encrypted with it. Put your copy of it back (on a"
            f" second machine: copy it there). If it is lost for good, make an empty file in its place (touch {file}): a new key is"
            " made in it, and the credentials of each connection are entered again with 'stockbridge connections add'."
        )


class WrongKey(KeyProblem):
    """Credentials that no key of this installation opens."""

    def __init__(self, connections: Sequence[str] = ()) -> None:
        whose = ", ".join(connections) or "the connections"
        super().__init__(
            f"The credentials of {whose} were encrypted with another key. Put the key file of this installation back, or enter them"
            " again with 'stockbridge connections add'."
        )


class Vault:
    """Seals and opens the secrets of a connection."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        """The secrets, encrypted."""
        return self._fernet.encrypt(msgspec.json.encode(dict(secrets)))

    def open(self, sealed: bytes | None) -> dict[str, str]:
        """The secrets in the clear; raises WrongKey when no key fits."""
        if not sealed:
            return {}
        try:
            return shapes.decode(self._fernet.decrypt(bytes(sealed)), dict[str, str])
        except InvalidToken as error:
            raise WrongKey from error


def load_keys(file: Path, *, needed: bool = False) -> list[str]:
    """The keys of this installation, one a line. A new one is made (mode 0600) when there is no file yet, or an empty one.

    ``needed``: something was encrypted already. Raises LostKey when the file is missing then."""
    if not file.exists():
        if needed:
            raise LostKey(file)
        _make(file)
    keys = _keys(file)
    if not keys:
        _make(file)
        keys = _keys(file)
    return keys


def passing_key() -> str:
    """A key that is kept nowhere: what it seals is lost with the process, and it opens nothing."""
    return Fernet.generate_key().decode()


def _keys(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]


def _make(file: Path) -> None:
    """Whole or not at all: nobody reads half a key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(passing_key() + "\n")
    new.replace(file)
