"""The page on which an admin lets people in and out."""

from __future__ import annotations

from datetime import timedelta

from stockbridge.db import people
from stockbridge.db.people import ROLES, LastAdmin, Person
from stockbridge.web.visit import Go, Page, Stop, Visit

_LOGIN_LINK_VALID = timedelta(hours=1)


def show(visit: Visit) -> Page:
    """Everybody, their sessions, and the invitations that nobody has used."""
    return _page(visit)


def invite(visit: Visit) -> Page:
    """Makes an invitation; its link is shown once, here, and kept nowhere."""
    role = _role(visit)
    settings = visit.parts.settings
    token = people.create_invite_link(
        visit.conn, account=visit.me.account, role=role, now=visit.now, valid_for=settings.invite_valid
    )
    return _page(visit, link=f"{settings.base_url}/link/{token}", link_for=f"a new {role}")


def login_link(visit: Visit) -> Page:
    """Makes a link that logs somebody in who has lost the password; valid for an hour, shown once."""
    person = _person(visit)
    if not person.active:
        raise Stop(409, "This person may not log in.")
    token = people.create_login_link(
        visit.conn, account=person.account, person_id=person.person_id, now=visit.now, valid_for=_LOGIN_LINK_VALID
    )
    return _page(visit, link=f"{visit.parts.settings.base_url}/link/{token}", link_for=person.name)


def withdraw(visit: Visit) -> Go:
    """Takes an invitation back."""
    people.withdraw_invitation(visit.conn, account=visit.me.account, invitation_id=visit.form.get("invitation"))
    return Go(to="/people?said=withdrawn")


def change_role(visit: Visit) -> Go:
    """Gives somebody another role."""
    person, role = _person(visit), _role(visit)
    try:
        people.set_role(visit.conn, account=person.account, person_id=person.person_id, role=role)
    except LastAdmin as last:
        raise Stop(409, str(last)) from None
    return Go(to="/people?said=role")


def change_active(visit: Visit) -> Go:
    """Lets somebody in again, or no longer."""
    person, active = _person(visit), visit.form.get("active") == "yes"
    try:
        people.set_active(visit.conn, account=person.account, person_id=person.person_id, active=active)
    except LastAdmin as last:
        raise Stop(409, str(last)) from None
    return Go(to=f"/people?said={'in' if active else 'out'}")


def sign_out(visit: Visit) -> Go:
    """Logs somebody out everywhere."""
    person = _person(visit)
    people.end_sessions(visit.conn, account=person.account, person_id=person.person_id)
    return Go(to="/people?said=signed-out")


def _person(visit: Visit) -> Person:
    person = people.find_person(visit.conn, account=visit.me.account, person_id=visit.form.get("person"))
    if person is None:
        raise Stop(404, "There is nobody like that.")
    return person


def _role(visit: Visit) -> str:
    role = visit.form.get("role")
    if role not in ROLES:
        raise Stop(422, "Please choose a role.")
    return role


def _page(visit: Visit, *, link: str = "", link_for: str = "") -> Page:
    account, idle = visit.me.account, visit.parts.settings.session_idle
    everybody = people.everybody(visit.conn, account=account)
    sessions = {
        person.person_id: people.sessions_of(visit.conn, account=account, person_id=person.person_id, now=visit.now, idle=idle)
        for person in everybody
    }
    values = {
        "everybody": everybody,
        "sessions": sessions,
        "invitations": people.open_invitations(visit.conn, account=account, now=visit.now),
        "roles": ROLES,
        "link": link,
        "link_for": link_for,
        "said": visit.query.get("said"),
    }
    return Page(template="people.html", values=values)
