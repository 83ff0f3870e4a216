"""The versions of a shop's mapping: what each says, and what differs from now."""

from __future__ import annotations

from stockbridge.db import mapping as mappings
from stockbridge.domain.mapping_words import differences, said
from stockbridge.flow.drafts import begin, study
from stockbridge.web.visit import Page, Stop, Visit

PER_PAGE = 100
#: Above every version's number.
NEWEST = 2**31 - 1


def show(visit: Visit) -> Page:
    """All versions, the newest first."""
    shop, before = visit.query.get("shop"), min(visit.query.number("before") or NEWEST, NEWEST)
    rows = mappings.versions(visit.conn, account=visit.me.account, shop=shop, before=before, most=PER_PAGE + 1)
    if not rows:
        raise Stop(404, "There is no such version." if before < NEWEST else "This shop has no mapping yet.")
    shown, more = rows[:PER_PAGE], rows[PER_PAGE - 1].version if len(rows) > PER_PAGE else 0
    values = {"shop": shop, "versions": shown, "first": before == NEWEST, "more": more}
    return Page(template="mapping_versions.html", values=values)


def show_one(visit: Visit) -> Page:
    """One version in sentences, and what the mapping of now says differently."""
    shop, number, account = visit.query.get("shop"), visit.query.number("version"), visit.me.account
    found = mappings.version(visit.conn, account=account, shop=shop, number=min(number, NEWEST - 1))
    if found is None:
        raise Stop(404, "There is no such version.")
    now = study(visit.conn, account=account, draft=begin(visit.conn, account=account, shop=shop))
    [row] = mappings.versions(visit.conn, account=account, shop=shop, before=number + 1, most=1)
    values = {
        "shop": shop,
        "number": number,
        "row": row,
        "newest": now.before.version,
        "said": said(found, now.known.name),
        "differences": differences(now.before, found, now.known.name),
    }
    return Page(template="mapping_version.html", values=values)
