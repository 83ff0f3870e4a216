"""What an operator sets for one Shopify store. Checked without the network, every mistake named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from urllib.parse import urlsplit

#: The API versions whose contract this door was written and validated against; the first is the default.
VERSIONS = ("2026-10", "2026-07")
#: One call takes no more levels (facts C.6, seen 2026-11: "greater than the maximum allowed of 250").
MOST_LEVELS = 250
SECRETS = ("client_id", "client_secret", "client_secret_previous", "access_token")
DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class SettingsInvalid(ValueError):
    """The settings of a Shopify connection cannot be used. ``problems`` has one plain sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One store.

    domain: the store's ``….myshopify.com`` address; webhooks of any other store are turned away.
    api_version: 2026-10 or 2026-07.
    base_url: where the Admin API is, when that is not ``https://{domain}`` (a twin or a proxy).
    webhook_url: the public address at which Shopify reaches us; empty: no webhooks, the sweeps find everything.
    notify_customer: False keeps Shopify from mailing customers about any shipment, whatever an effect says.
    order_window_days: how far back the very first order sweep looks (Shopify shows 60 days without a special permission).
    overlap_s: how much of the past every sweep reads again, because Shopify's search lags behind (DESIGN, time limits).
    deadline_s: how long one call may take, all in all.
    patience_s: how long a call may wait for the rate limit before it is put off.
    settle_s: how long after a lost answer Shopify may still be at work on what was asked.
    levels_at_once: how many stock numbers one call reads or writes, at most 250; a call costs the same for one and for all.
    """

    domain: str
    api_version: str = VERSIONS[0]
    base_url: str = ""
    webhook_url: str = ""
    notify_customer: bool = True
    order_window_days: int = 60
    overlap_s: int = 300
    deadline_s: int = 20
    patience_s: int = 10
    settle_s: int = 120
    levels_at_once: int = MOST_LEVELS

    @property
    def address(self) -> str:
        """Where the Admin API is, without a slash at the end."""
        return (self.base_url or f"https://{self.domain}").rstrip("/")

    @classmethod
    def read(cls, values: Mapping[str, object], secrets: Mapping[str, str]) -> Settings:
        """The settings from what was written down; raises :class:`SettingsInvalid` with every mistake at once."""
        known = {f.name: f for f in fields(cls)}
        problems = [_unknown(name, tuple(known)) for name in values if name not in known]
        problems += [f"{n} is missing." for n, f in known.items() if f.default is MISSING and not values.get(n)]
        for name, value in values.items():
            if name in known:
                problems += _wrong(name, value, str(known[name].type))
        problems += _wrong_secrets(secrets, webhooks=bool(values.get("webhook_url")))
        if problems:
            raise SettingsInvalid(tuple(problems))
        return cls(**dict(values))  # type: ignore[arg-type]  # every value was checked above


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" Known are: {', '.join(known)}."
    return f"There is no setting {name}.{hint}"


def _wrong(name: str, value: object, kind: str) -> list[str]:
    if kind == "bool":
        return [] if isinstance(value, bool) else [f"{name} must be true or false, not {value!r}."]
    if kind == "int":
        right = isinstance(value, int) and not isinstance(value, bool) and value > 0
        if right and name == "levels_at_once" and value > MOST_LEVELS:  # type: ignore[operator]  # it is a number
            return [f"levels_at_once may be {MOST_LEVELS} at most, for Shopify takes no more in one call; it is {value}."]
        return [] if right else [f"{name} must be a whole number above 0, not {value!r}."]
    if not isinstance(value, str):
        return [f"{name} must be text, not {value!r}."]
    return _wrong_text(name, value) if value else []


def _wrong_text(name: str, value: str) -> list[str]:
    if name == "domain" and not DOMAIN.fullmatch(value):
        return [f"domain must look like your-shop.myshopify.com (small letters, no https://), not {value!r}."]
    if name == "api_version" and value not in VERSIONS:
        return [f"api_version must be one of {', '.join(VERSIONS)}, not {value!r}."]
    if name in ("base_url", "webhook_url"):
        return _wrong_address(name, value)
    return []


def _wrong_address(name: str, value: str) -> list[str]:
    try:
        parts = urlsplit(value)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return [f"{name} is not an address: {value!r}."]
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right:
        return [f"{name} must begin with https:// and name a host, not {value!r}."]
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return [f"{name} must begin with https:// (http:// is for an address on this machine only), not {value!r}."]
    return []


def _wrong_secrets(secrets: Mapping[str, str], *, webhooks: bool) -> list[str]:
    problems = [_unknown(name, SECRETS).replace("setting", "secret") for name in secrets if name not in SECRETS]
    if not secrets.get("access_token") and not (secrets.get("client_id") and secrets.get("client_secret")):
        problems.append("Give either client_id and client_secret (an app of the Dev Dashboard) or a permanent access_token.")
    elif webhooks and not secrets.get("client_secret"):
        problems.append("client_secret is missing: without it no webhook can be told from a forged one.")
    return problems
