"""The page on which an admin makes and revokes the tokens with which programs use the API."""

from __future__ import annotations

from datetime import timedelta

from stockbridge.db import tokens
from stockbridge.db.tokens import SCOPES, NameTaken
from stockbridge.web.visit import Go, Page, Stop, Visit

VALID_DAYS = {"30": "a month", "90": "three months", "365": "a year", "1095": "three years"}
_LONGEST_NAME = 60


def show(visit: Visit) -> Page:
    """Every token: what it may do, when it was last used, when it ends."""
    return _page(visit)


def create(visit: Visit) -> Page:
    """Makes a token; it is shown once, here, and kept nowhere."""
    form = visit.form
    name, days = " ".join(form.get("name").split()), form.get("days")
    scopes = [scope for scope in form.all("scope") if scope in SCOPES]
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Stop(422, f"Please give the token a name of at most {_LONGEST_NAME} characters: the program that will use it.")
    if not scopes or days not in VALID_DAYS:
        raise Stop(422, "Please choose what the token may do, and for how long.")
    try:
        secret = tokens.create(
            visit.conn,
            account=visit.me.account,
            token_id=visit.parts.ids.new(),
            name=name,
            scopes=scopes,
            by=visit.me.name,
            now=visit.now,
            valid_for=timedelta(days=int(days)),
        )
    except NameTaken as taken:
        raise Stop(409, str(taken)) from None
    return _page(visit, secret=secret, secret_for=name)


def revoke(visit: Visit) -> Go:
    """Ends a token for good."""
    ended = tokens.revoke(
        visit.conn, account=visit.me.account, token_id=visit.form.get("token"), by=visit.me.name, now=visit.now
    )
    return Go(to=f"/tokens?said={'revoked' if ended else 'none'}")


def _page(visit: Visit, *, secret: str = "", secret_for: str = "") -> Page:
    known = tokens.everything(visit.conn, account=visit.me.account)
    values = {
        "working": [token for token in known if token.works(visit.now)],
        "ended": [token for token in known if not token.works(visit.now)],
        "scopes": SCOPES,
        "days": VALID_DAYS,
        "secret": secret,
        "secret_for": secret_for,
        "base_url": visit.parts.settings.base_url,
        "said": visit.query.get("said"),
    }
    return Page(template="tokens.html", values=values)
