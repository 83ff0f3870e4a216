"""Was this request sent by one of our own pages? Browsers say so themselves; nothing has to be put into forms.

Source: Fetch Metadata (W3C, 2021) and the Origin header; every browser since 2023 sends Sec-Fetch-Site to secure and
loopback addresses, and all send Origin with a POST.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def from_our_pages(method: str, headers: Mapping[str, str], base_url: str) -> bool:
    """Whether a request may change something: it reads only, or it says that it comes from our own origin.

    Both headers must agree where both are there; where neither is, the request is refused.
    """
    if method in SAFE_METHODS:
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or origin.lower() in _ours(headers, base_url)


def _ours(headers: Mapping[str, str], base_url: str) -> set[str]:
    """The configured address; for a plain http one also the address that was typed (localhost, a name in the local network)."""
    base = urlsplit(base_url)
    ours = {f"{base.scheme}://{base.netloc}".lower()}
    host = headers.get("host", "")
    if base.scheme == "http" and host:
        ours.add(f"http://{host}".lower())
    return ours
