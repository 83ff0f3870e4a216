"""Keeps connections' secrets encrypted at rest. Several keys may be given: the first encrypts, all of them decrypt (rotation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from stockbridge import shapes


class WrongKey(Exception):
    """The secrets in the database were encrypted with another key. Put the key file of this installation back, or enter the
    credentials of each connection again."""

    def __init__(self) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()))


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


def load_keys(file: Path) -> list[str]:
    """The keys of this installation, one a line; a new one is made (mode 0600) when there is no file yet."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(Fernet.generate_key().decode() + "\n")
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]
