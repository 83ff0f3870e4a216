"""What another mapping would change, level by level: the plan that the page shows before it saves. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

from stockbridge.domain.mapping import ShopMapping
from stockbridge.flow.brake import too_much
from stockbridge.flow.drafts import Study
from stockbridge.flow.plan import Change
from stockbridge.web import mapping_plan as pages
from stockbridge.web.api.mapping_document import LARGEST, MappingDocument, MappingFinding, told
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.resources.mapping import Number, Shop, restored, studied
from stockbridge.web.api.route import Call, File, Given, Page, Refusal, Route, Told, says


class PlanView(StrEnum):
    """Which levels of a plan. written: those that would be written, at once or in a moment; differs: also those that would differ and
    are not written; all: also those that stay as they are."""

    WRITTEN = "written"
    DIFFERS = "differs"
    ALL = "all"


class OfPlan(Given, frozen=True):
    """Which levels."""

    show: Annotated[PlanView, says("Left out: those that would be written.")] = PlanView.WRITTEN
    search: Annotated[str, says("A part of the SKU, title or location.", max_length=100)] = ""


class PageOfPlan(Paged, frozen=True):
    """Which levels, and how many at a time. Each page is worked out anew."""

    limit: Annotated[int, says("How many at most.", ge=1, le=1000)] = 200
    show: Annotated[PlanView, says("Left out: those that would be written.")] = PlanView.WRITTEN
    search: Annotated[str, says("A part of the SKU, title or location.", max_length=100)] = ""


class VersionMeant(Given, frozen=True):
    """A version of a shop's mapping."""

    shop: Shop
    version: Number


class Tried(Given, frozen=True):
    """A mapping to be tried: a document, or a version as if it stood again; one of them."""

    document: MappingDocument | None = None
    restore: VersionMeant | None = None


class PlannedLevel(Told, frozen=True):
    """One item at one location, now and as it would be."""

    shop: str
    location_id: str
    location: str
    inventory_item_id: str
    sku: str
    title: str
    now: Annotated[int | None, says("What the shop shows; null: it is not stocked there, or was never read.")]
    then: Annotated[int | None, says("What it would show; null: nothing would feed it.")]
    written: Annotated[bool, says("Whether it would be written.")]
    unread: Annotated[bool, says("Nobody has read yet what the shop shows.")]
    why: Annotated[str, says("The sum in one line, or what is against writing it.")]


class PlanTotals(Told, frozen=True):
    """What a plan comes to, of all levels, whatever is shown of them."""

    levels: Annotated[int, says("Levels that were worked out.")]
    cut: Annotated[bool, says(f"There are more: only the first {pages.MOST} are worked out here. The CSV has more.")]
    differing: Annotated[int, says("Levels that would show another number.")]
    written: Annotated[int, says("Those of them that would be written.")]
    emptied: Annotated[int, says("Those of the written that would show none.")]
    unread: Annotated[int, says("Levels that nobody has read in the shop yet.")]
    shown: Annotated[int, says("Levels that fit what was asked for, on all pages together.")]


class MappingPlan(Told, frozen=True):
    """What a mapping would change. `data` is one page of its levels, by location and item."""

    newest: Annotated[int, says("The version that stands now: what `base` and the document's version must be to change it.")]
    current: Annotated[bool, says("Whether the document was drawn from that one. false: it is not taken.")]
    differences: Annotated[list[str], says("What it says that the mapping of now does not, one sentence each.")]
    problems: Annotated[list[MappingFinding], says("Contradictions: with these it is not taken.")]
    warnings: Annotated[list[MappingFinding], says("What may be meant so, and should be looked at.")]
    held_back: Annotated[
        str, says("Why it waits for a person when it is asked for without `seen`, in a sentence; empty: it does not.")
    ]
    totals: PlanTotals
    data: list[PlannedLevel]
    next_cursor: Annotated[
        str | None, says("Send it as `cursor`, with the same body, to get the next page; null: the last one.")
    ]


def dry_run(call: Call[PageOfPlan, Tried]) -> MappingPlan:
    """Try a mapping. Shows level by level what it would change, judged as the live run judges, and writes nothing.

    Levels that nobody has read yet are read in the shop, up to a thousand. Contradictions are said, and the plan is made all the same.
    """
    query = call.query
    location, item = place(query, "plan", ("", ""))
    found, mapping = _tried(call)
    changes = list(islice(pages.planned(call, found), pages.MOST + 1))
    cut, changes = len(changes) > pages.MOST, changes[: pages.MOST]
    fitting = sorted((each for each in changes if _fits(each, query)), key=_place)
    rest = [each for each in fitting if _place(each) > (location, item)]
    shown: Page[PlannedLevel] = page(query, "plan", rest[: query.limit + 1], _level, _place)
    return MappingPlan(
        newest=found.before.version,
        current=found.current,
        differences=found.differences,
        problems=told(found.problems, mapping),
        warnings=told(found.warnings, mapping),
        held_back=too_much(call.conn, account=call.account, shop=found.draft.shop, changes=changes),
        totals=_totals(changes, cut=cut, shown=len(fitting)),
        data=shown.data,
        next_cursor=shown.next_cursor,
    )


def dry_run_csv(call: Call[OfPlan, Tried]) -> File:
    """Try a mapping, as a table. The same as CSV that no spreadsheet obeys, with all levels at once."""
    found, _ = _tried(call)
    changes = list(islice(pages.planned(call, found), pages.FILE + 1))
    if len(changes) > pages.FILE:
        sentence = f"These are more than {pages.FILE} levels, too many for one answer: use 'stockbridge map dry-run --csv'."
        raise Refusal(422, "too_many", sentence)
    content = pages.table(each for each in changes if _fits(each, call.query))
    return File(name=pages.file_name(found), media_type=pages.CSV, content=content)


def _tried(call: Call[Any, Tried]) -> tuple[Study, ShopMapping]:
    document, restore = call.body.document, call.body.restore
    if document is not None and restore is None:
        return studied(call, document)
    if restore is not None and document is None:
        found = restored(call, restore.shop, restore.version)
        return found, found.after
    raise Refusal(422, "wrong_body", "Send a 'document', or 'restore' with a shop and a version: one of them.")


def _fits(change: Change, query: OfPlan | PageOfPlan) -> bool:
    return pages.fits(change, show=query.show.value, search=query.search)


def _place(change: Change) -> tuple[str, str]:
    return change.location_id, change.inventory_item_id


def _totals(changes: Sequence[Change], *, cut: bool, shown: int) -> PlanTotals:
    return PlanTotals(
        levels=len(changes),
        cut=cut,
        differing=sum(each.now != each.then for each in changes),
        written=sum(each.counts for each in changes),
        emptied=sum(each.counts and not each.then for each in changes),
        unread=sum(each.unread for each in changes),
        shown=shown,
    )


def _level(change: Change) -> PlannedLevel:
    return PlannedLevel(
        shop=change.shop,
        location_id=change.location_id,
        location=change.location,
        inventory_item_id=change.inventory_item_id,
        sku=change.sku,
        title=change.title,
        now=change.now,
        then=change.then,
        written=change.counts,
        unread=change.unread,
        why=change.why,
    )


ROUTES = (
    Route(
        method="POST",
        path="/mapping/dry-run",
        scope="read",
        handler=dry_run,
        query=PageOfPlan,
        body=Tried,
        answer=MappingPlan,
        looks=True,
        largest=LARGEST,
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/mapping/dry-run.csv",
        scope="read",
        handler=dry_run_csv,
        query=OfPlan,
        body=Tried,
        answer=File,
        looks=True,
        largest=LARGEST,
        refuses=(404,),
    ),
)
