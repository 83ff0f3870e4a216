"""Standard Webhooks signatures (github.com/standard-webhooks, specification 1.0.0, read November 2026), with the time handed in.

The library of that name reads the wall clock itself, so the few lines are ours; a test holds them to the library's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from stockbridge.ports import NotGenuine

TOLERANCE_S = 300
MAX_ID = 200


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, received_at: datetime) -> str:
    """The message's id, if one of ``secrets`` made one of its signatures within five minutes of ``received_at``.

    Raises :class:`NotGenuine` with what is wrong, without saying anything about the secrets.
    """
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not message_id or not stamp or not signatures:
        raise NotGenuine("The message is not signed: webhook-id, webhook-timestamp or webhook-signature is missing.")
    if len(message_id) > MAX_ID or not message_id.isascii() or not message_id.isprintable():
        raise NotGenuine("The message's webhook-id is not a short printable text.")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise NotGenuine("The message's webhook-timestamp is not a number of seconds.")
    if abs(int(stamp) - received_at.timestamp()) > TOLERANCE_S:
        raise NotGenuine("The message's time differs from ours by more than five minutes; compare the two clocks.")
    signed = f"{message_id}.{stamp}.".encode() + body
    if not _any_match(secrets, signed, signatures):
        raise NotGenuine("The message's signature fits none of the signing secrets.")
    return message_id


def _any_match(secrets: Sequence[str], signed: bytes, signatures: str) -> bool:
    given = [part.partition(",")[2] for part in signatures.split(" ")[:16] if part.startswith("v1,")]
    matched = False
    for secret in secrets:
        key = _key(secret)
        if not key:
            continue  # an empty key would let anybody sign
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        for signature in given:
            matched |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return matched


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_") + "==")
    except (binascii.Error, ValueError):
        return b""


def usable(secret: str) -> bool:
    """Whether a signing secret is base64 of at least 24 bytes, as the specification asks."""
    return len(_key(secret)) >= 24
