"""The versions of a shop's mapping: what each says, and what differs from now."""

from __future__ import annotations

from stockbridge.db import mapping as mappings
from stockbridge.domain.mapping_words import differences, said
from stockbridge.flow.drafts import begin, study
from stockbridge.web.visit import Page, Stop, Visit


def show(visit: Visit) -> Page:
    """All versions, the newest first."""
    shop = visit.query.get("shop")
    rows = mappings.versions(visit.conn, account=visit.me.account, shop=shop)
    if not rows:
        raise Stop(404, "This shop has no mapping yet.")
    return Page(template="mapping_versions.html", values={"shop": shop, "versions": rows})


def show_one(visit: Visit) -> Page:
    """One version in sentences, and what the mapping of now says differently."""
    shop, number, account = visit.query.get("shop"), visit.query.number("version"), visit.me.account
    found = mappings.version(visit.conn, account=account, shop=shop, number=min(number, 2**31 - 1))
    if found is None:
        raise Stop(404, "There is no such version.")
    now = study(visit.conn, account=account, draft=begin(visit.conn, account=account, shop=shop))
    rows = mappings.versions(visit.conn, account=account, shop=shop, most=10_000)
    values = {
        "shop": shop,
        "number": number,
        "row": next(row for row in rows if row.version == number),
        "newest": now.before.version,
        "said": said(found, now.known.name),
        "differences": differences(now.before, found, now.known.name),
    }
    return Page(template="mapping_version.html", values=values)
