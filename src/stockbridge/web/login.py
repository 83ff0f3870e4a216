"""Logging in and out, one-time links, and one's own password and sessions."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError

from stockbridge.db import people
from stockbridge.db.people import Link, Person
from stockbridge.web.visit import Go, Page, Stop, Visit, session_cookie

SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200
_WINDOW = timedelta(minutes=15)
#: failed log-ins within the window: for one address from one place, from one place, and for one address from anywhere
_MOST = {"pair": 5, "place": 30, "email": 50}
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}")
_COMMON = frozenset({"passwordpassword", "password1234", "123456789012", "1234567890123", "qwertyuiop12", "stockbridge1"})
_HASHER = PasswordHasher()
#: each check takes 64 MiB of memory and a core for a moment: two at a time, the others wait their turn
_ONE_OF_TWO = threading.BoundedSemaphore(2)
#: compared with when there is no such person, so that the answer takes as long as for a wrong password
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$" + "c3RvY2ticmlkZ2Utbm9ib2R5$qpVbFMgrDsHZCvpMOhZBZ7FKPhGUNzEJI33sDs7ZcWU"


def hash_password(password: str) -> str:
    """The Argon2id hash to keep of a password (RFC 9106, second recommended option: 64 MiB, 3 passes)."""
    with _ONE_OF_TWO:
        return _HASHER.hash(password)


def weakness(password: str) -> str:
    """Why a password will not do, in a sentence; nothing when it will."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Please use at least {SHORTEST_PASSWORD} characters; a few words are easy to remember."
    if len(password) > _LONGEST_PASSWORD:
        return f"Please use at most {_LONGEST_PASSWORD} characters."
    if password.lower() in _COMMON or len(set(password)) < 5:
        return "That is one of the first passwords anybody would try."
    return ""


def show_login(visit: Visit) -> Page | Go:
    """The log-in page; whoever is logged in already goes on."""
    if visit.person is not None:
        return Go(to=_inside(visit.query.get("next")))
    nobody = people.count_people(visit.conn, account=visit.parts.account) == 0
    return _login_page(visit, nobody=nobody)


def log_in(visit: Visit) -> Page | Go:
    """Checks e-mail address and password; answers both mistakes alike, and slows guessing down."""
    email, password = visit.form.get("email"), dict(visit.form.pairs).get("password", "")
    keys = _keys(visit, email)
    failed = people.failed_logins(visit.conn, keys=list(keys.values()), since=visit.now - _WINDOW)
    if any(failed.get(key, 0) >= _MOST[kind] for kind, key in keys.items()):
        wrong = "Too many tries. Wait a quarter of an hour, or ask an admin for a log-in link."
        return _login_page(visit, wrong=wrong, email=email, status=429)
    person = people.find_by_email(visit.conn, account=visit.parts.account, email=email[:255])
    known = person.password_hash if person is not None and person.active else None
    if not _matches(known or _NOBODY, password[:_LONGEST_PASSWORD]) or person is None or known is None:
        people.note_failed_login(visit.conn, keys=list(keys.values()), now=visit.now)
        return _login_page(visit, wrong="That address and password do not belong together.", email=email, status=401)
    people.forget_failed_logins(visit.conn, keys=[keys["pair"]])
    return _enter(visit, person, to=_inside(visit.form.get("next")))


def log_out(visit: Visit) -> Go:
    """Ends this session."""
    if visit.token:
        people.end_session(visit.conn, token=visit.token)
    return Go(to="/login?said=bye", cookies={session_cookie(visit.parts): None})


def show_link(visit: Visit) -> Page:
    """What a one-time link is for. Looking uses nothing up: programs that preview links look, too."""
    link = people.find_link(visit.conn, token=visit.params["token"], now=visit.now)
    return _link_page(visit, link)


def use_link(visit: Visit) -> Page | Go:
    """Uses a one-time link: logs in, or makes the access that it invites to."""
    token = visit.params["token"]
    link = people.find_link(visit.conn, token=token, now=visit.now)
    if link is None:
        return _link_page(visit, None)
    name, email = visit.form.get("name")[:100], visit.form.get("email")[:255]
    password = dict(visit.form.pairs).get("password", "")
    if link.purpose != "login" and (wrong := _wrong_with(name, email, password)):
        return _link_page(visit, link, wrong=wrong, name=name, email=email)
    used = people.use_link(visit.conn, token=token, now=visit.now)
    if used is None:
        return _link_page(visit, None)
    if used.purpose == "login":
        return _log_in_by_link(visit, used)
    return _join(visit, used, name=name, email=email, password=password)


def _log_in_by_link(visit: Visit, link: Link) -> Page | Go:
    person = people.find_person(visit.conn, account=link.account, person_id=link.person_id or "")
    if person is None or not person.active:
        return _link_page(visit, None)
    return _enter(visit, person, to="/")


def _join(visit: Visit, link: Link, *, name: str, email: str, password: str) -> Go:
    try:
        person = people.add_person(
            visit.conn,
            account=link.account,
            person_id=visit.parts.ids.new(),
            email=email,
            name=name,
            role=link.role or "viewer",
            password_hash=hash_password(password),
            now=visit.now,
        )
    except IntegrityError:
        raise Stop(409, "Somebody with this e-mail address can log in already. Go back and use another one.") from None
    return _enter(visit, person, to="/")


def show_me(visit: Visit) -> Page:
    """One's own sessions and password."""
    return _me_page(visit)


def change_password(visit: Visit) -> Page | Go:
    """Sets a new password, given the old one (if there is one), and logs every other browser out."""
    fields = dict(visit.form.pairs)
    old, new = fields.get("old", ""), fields.get("new", "")
    me = visit.me
    if me.password_hash is not None and not _matches(me.password_hash, old[:_LONGEST_PASSWORD]):
        return _me_page(visit, wrong="The old password is not right.", status=422)
    if wrong := weakness(new):
        return _me_page(visit, wrong=wrong, status=422)
    people.set_password(visit.conn, account=me.account, person_id=me.person_id, password_hash=hash_password(new))
    people.end_sessions(visit.conn, account=me.account, person_id=me.person_id, keep=visit.token)
    return Go(to="/me?said=password")


def end_my_session(visit: Visit) -> Go:
    """Logs one of my browsers out."""
    people.end_session_of(
        visit.conn, account=visit.me.account, person_id=visit.me.person_id, session_id=visit.form.get("session")
    )
    return Go(to="/me?said=signed-out")


def choose_theme(visit: Visit) -> Go:
    """Light, dark, or as the system says; kept in a cookie, for it belongs to the screen and not to the person."""
    theme = visit.form.get("theme")
    return Go(to=_inside(visit.form.get("next")), cookies={"theme": theme if theme in ("light", "dark") else None})


def _enter(visit: Visit, person: Person, *, to: str) -> Go:
    if visit.token:
        people.end_session(visit.conn, token=visit.token)  # a fresh session for each log-in: an old token is worth nothing
    token = people.start_session(
        visit.conn,
        person=person,
        now=visit.now,
        longest=visit.parts.settings.session_longest,
        user_agent=visit.user_agent,
    )
    return Go(to=to, cookies={session_cookie(visit.parts): token})


def _matches(password_hash: str, password: str) -> bool:
    with _ONE_OF_TWO:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _keys(visit: Visit, email: str) -> dict[str, str]:
    address = sha256(email.lower().encode()).hexdigest()[:32]
    return {
        "pair": f"pair:{address}:{visit.client}",
        "place": f"place:{visit.client}",
        "email": f"email:{address}",
    }


def _wrong_with(name: str, email: str, password: str) -> str:
    if not name:
        return "Please say your name: others see who did what."
    if not _EMAIL.fullmatch(email):
        return "That is not an e-mail address."
    return weakness(password)


def _inside(address: str) -> str:
    """Where to go next: one of our own pages, whatever the address says."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if fine and "\n" not in address and "\r" not in address and "\\" not in address else "/"


def _login_page(visit: Visit, *, wrong: str = "", email: str = "", status: int = 200, nobody: bool = False) -> Page:
    values = {
        "wrong": wrong,
        "email": email,
        "nobody": nobody,
        "next": _inside(visit.form.get("next") or visit.query.get("next")),
        "said": visit.query.get("said"),
    }
    return Page(template="login.html", values=values, status=status)


def _link_page(visit: Visit, link: Link | None, *, wrong: str = "", name: str = "", email: str = "") -> Page:
    status = 404 if link is None else 422 if wrong else 200
    return Page(template="link.html", values={"link": link, "wrong": wrong, "name": name, "email": email}, status=status)


def _me_page(visit: Visit, *, wrong: str = "", status: int = 200) -> Page:
    me, now = visit.me, visit.now
    sessions = people.sessions_of(
        visit.conn, account=me.account, person_id=me.person_id, now=now, idle=visit.parts.settings.session_idle
    )
    values = {
        "sessions": sessions,
        "this": people.hash_of(visit.token).hex() if visit.token else "",
        "wrong": wrong,
        "said": visit.query.get("said"),
    }
    return Page(template="me.html", values=values, status=status)
