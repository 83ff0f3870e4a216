"""What a draft of the mapping would change: before it is saved, as a page and as a file; and saving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from stockbridge.db import mapping as mappings
from stockbridge.domain.spreadsheet import csv
from stockbridge.flow.drafts import HEADING, Draft, Study, row_of, whole
from stockbridge.flow.plan import Change, plan, reader_of
from stockbridge.web.mapping_draft import draft_of, packed, studied
from stockbridge.web.mapping_edit import collected, form_page
from stockbridge.web.mapping_fields import Reading
from stockbridge.web.parts import Asking
from stockbridge.web.visit import Download, Form, Go, Page, Stop, Visit

#: levels that are worked out for a page, that are shown of them, and that a file may hold
MOST, SHOWN, FILE = 20_000, 300, 100_000
#: levels that a shop is asked for, when nobody has read them yet: four calls
_READS = 1_000
CSV = "text/csv; charset=utf-8"
SHOWS = {"": "What would be written", "differs": "All that differs", "all": "All"}
SORTS: dict[str, tuple[str, Callable[[Change], tuple[object, ...]]]] = {
    "": ("Largest change first", lambda each: (-size(each), each.sku, each.location)),
    "sku": ("SKU", lambda each: (each.sku, each.location)),
    "location": ("Location", lambda each: (each.location, each.sku)),
    "then": ("Fewest left first", lambda each: (each.then is None, each.then or 0, each.sku)),
}


def show(visit: Visit) -> Page:
    """What it would change, level by level, and the button that saves it."""
    draft, reading = _draft(visit)
    found = studied(visit, draft)
    if reading is not None and _wrong_here(found, reading):
        return form_page(visit, draft, reading.location.location_id, more=reading.findings)
    changes = list(islice(planned(visit, found), MOST + 1))
    return _page(visit, found, changes[:MOST], cut=len(changes) > MOST)


def _draft(visit: Visit) -> tuple[Draft, Reading | None]:
    """What the form carries; ``restore`` names a version that is to stand again."""
    if not visit.form.get("restore"):
        return collected(visit)
    now = draft_of(visit, visit.form)
    number = visit.form.number("restore")
    old = mappings.version(visit.conn, account=visit.me.account, shop=now.shop, number=min(number, 2**31 - 1))
    if old is None:
        raise Stop(404, "There is no such version. Nothing was changed.")
    return whole(visit.conn, account=visit.me.account, mapping=old, base=now.base), None


def _wrong_here(found: Study, reading: Reading) -> bool:
    here = reading.location.location_id
    return bool(reading.findings) or any(each.location_id == here for each in found.problems)


def _page(visit: Visit, found: Study, changes: Sequence[Change], *, cut: bool) -> Page:
    form, draft = visit.form, found.draft
    kept = [each for each in changes if _fits(each, form)]
    sort = form.get("sort") if form.get("sort") in SORTS else ""
    values = {
        "found": found,
        "draft": packed(draft),
        "on_top": packed(Draft(shop=draft.shop, base=found.before.version, locations=draft.locations)),
        "changes": sorted(kept, key=SORTS[sort][1])[:SHOWN],
        "fits": len(kept),
        "looked": len(changes),
        "cut": cut,
        "written": sum(each.counts for each in changes),
        "zeros": sum(each.counts and not each.then for each in changes),
        "unread": sum(each.unread for each in changes),
        "shows": SHOWS,
        "sorts": {key: text for key, (text, _) in SORTS.items()},
        "chosen": {"show": form.get("show"), "sort": sort, "q": form.get("q")[:100]},
        "newest": next(iter(mappings.versions(visit.conn, account=visit.me.account, shop=draft.shop, most=1)), None),
    }
    return Page(template="mapping_plan.html", values=values)


def size(change: Change) -> int:
    """How far it moves, in units."""
    return abs((change.then or 0) - (change.now or 0))


def _fits(change: Change, form: Form) -> bool:
    return fits(change, show=form.get("show"), search=form.get("q")[:100])


def fits(change: Change, *, show: str, search: str) -> bool:
    """Is this level meant? ``show``: one of SHOWS; ``search``: a part of the SKU, title or location."""
    if search.lower() not in f"{change.sku}\n{change.title}\n{change.location}".lower():
        return False
    return show == "all" or change.counts or (show == "differs" and change.now != change.then)


def planned(asking: Asking, found: Study) -> Iterator[Change]:
    """The plan; what nobody has read yet is read, as far as a look may."""
    reader = reader_of(asking.parts.levels(asking.account, found.draft.shop), most=_READS)
    return plan(asking.conn, account=asking.account, shop=found.draft.shop, now=asking.now, instead=found.after, reader=reader)


def download(visit: Visit) -> Download:
    """The whole plan as CSV."""
    found = studied(visit, _draft(visit)[0])
    changes = list(islice(planned(visit, found), FILE + 1))
    if len(changes) > FILE:
        raise Stop(422, f"These are more than {FILE} levels, too many for a page: use 'stockbridge map dry-run --csv'.")
    content = table(each for each in changes if _fits(each, visit.form))
    return Download(name=file_name(found), media_type=CSV, content=content)


def file_name(found: Study) -> str:
    """What the file of a plan is called."""
    return f"plan-of-version-{found.before.version + 1}.csv"


def table(changes: Iterable[Change]) -> bytes:
    """A plan as a file for a spreadsheet."""
    return "".join(csv(HEADING, map(row_of, changes))).encode("utf-8-sig")


def save(visit: Visit) -> Go:
    """Asks that the draft be the mapping from now on: only of what the person was shown."""
    draft, form = draft_of(visit, visit.form), visit.form
    found = studied(visit, draft)
    if form.get("seen") != "yes":
        raise Stop(422, "Please look at what it would change first. Nothing was changed.")
    if not found.current:
        raise Stop(409, "Somebody else changed the mapping meanwhile. Nothing was changed.")
    if found.problems:
        raise Stop(422, f"{found.problems[0].text} Nothing was changed.")
    if not found.differences:
        raise Stop(422, "This says the same as the mapping of now. Nothing was changed.")
    event = found.event(by=visit.me.name, note=form.get("note")[:500], seen=True)
    visit.parts.ask(visit.conn, account=visit.me.account, events=[event], by=visit.me.person_id)
    return Go(to="/mapping?said=saved")
