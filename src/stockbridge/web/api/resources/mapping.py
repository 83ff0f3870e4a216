"""The mapping of a shop as one document, in versions: read, checked, tried, and changed like a person's act."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.mapping_check import contradictions, warnings
from stockbridge.domain.mapping_words import differences, said
from stockbridge.flow.drafts import Study, proposed, study, whole
from stockbridge.flow.drafts import begin as begin_draft
from stockbridge.web.api.mapping_document import LARGEST, MappingDocument, MappingFinding, faults, meant, told, written
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.route import ROOT, Asked, Call, Fault, Given, Moment, Nothing, Page, Refusal, Route, Told, asking, says

_QUERIES = Queries("pages")
_NEWEST = 2**31 - 1
Number = Annotated[int, says("The number of the version.", ge=0, le=_NEWEST)]
Shop = Annotated[str, says("The shop.", min_length=1, max_length=200)]
Note = Annotated[str, says("Why, for the list of versions.", max_length=500)]
Seen = Annotated[
    bool,
    says(
        "Somebody saw the dry run of exactly this, and wants it. Say it only where that is so: otherwise a change of very much at once "
        "is held back until somebody approves it."
    ),
]


class OneVersion(Given, frozen=True):
    """Which version of which shop's mapping."""

    shop: Shop
    version: Annotated[Number | None, says("Which version; left out: the newest.")] = None


class Versions(Paged, frozen=True, kw_only=True):
    """Of which shop."""

    shop: Shop


class Checked(Given, frozen=True):
    """A mapping to be looked at."""

    document: MappingDocument


class Apply(Given, frozen=True):
    """A mapping that is to stand."""

    document: MappingDocument
    note: Note = ""
    seen: Seen = False


class Restore(Given, frozen=True):
    """A version that is to stand again."""

    shop: Shop
    version: Number
    base: Annotated[
        int, says("The version that stands now, as you know it: refused when another has come since.", ge=0, le=_NEWEST)
    ]
    note: Note = ""
    seen: Seen = False


class LocationSays(Told, frozen=True):
    """What a mapping says of one location."""

    location_id: str
    location: str
    sentences: list[str]


class MappingVersion(Told, frozen=True):
    """One version of a shop's mapping."""

    version: int
    at: Moment
    by: str
    note: str


class Mapping(Told, frozen=True):
    """The mapping of a shop, as one version says it."""

    shop: str
    version: Annotated[int, says("0: nobody has mapped anything yet.")]
    newest: Annotated[int, says("The version that stands now.")]
    at: Moment | None
    by: Annotated[str, says("Who made it.")]
    note: str
    document: Annotated[MappingDocument, says("Change this and send it back.")]
    says: Annotated[list[LocationSays], says("The same in sentences.")]
    restoring: Annotated[list[str], says("What would change if this version stood again, one sentence each.")]
    problems: Annotated[list[MappingFinding], says("Why it could not stand today; empty: it could.")]
    warnings: Annotated[list[MappingFinding], says("What may be meant so, and should be looked at.")]


class MappingChecked(Told, frozen=True):
    """What a mapping says that the one of now does not, and what is against it."""

    newest: Annotated[int, says("The version that stands now.")]
    current: Annotated[bool, says("Whether the document was drawn from that one. false: it is not taken.")]
    stands: Annotated[bool, says("Whether it could stand: nothing in it contradicts anything.")]
    differences: Annotated[list[str], says("What it says that the mapping of now does not, one sentence each.")]
    problems: Annotated[list[MappingFinding], says("Contradictions: with these it is not taken.")]
    warnings: Annotated[list[MappingFinding], says("What may be meant so, and should be looked at.")]


def one(call: Call[OneVersion, Nothing]) -> Mapping:
    """Read the mapping of a shop. The document with its version, in sentences too; `version` asks for an older one."""
    shop, number = call.query.shop, call.query.version
    now = study(
        call.conn, account=call.account, draft=begin_draft(call.conn, account=call.account, shop=known_shop(call, shop))
    )
    found = now.before if number is None else version_of(call, shop, number)
    rows = mappings.versions(call.conn, account=call.account, shop=shop, before=found.version + 1, most=1)
    sentences = said(found, now.known.name)
    return Mapping(
        shop=shop,
        version=found.version,
        newest=now.before.version,
        at=rows[0].at if rows else None,
        by=rows[0].by if rows else "",
        note=rows[0].note if rows else "",
        document=written(found),
        says=[
            LocationSays(location_id=each.location_id, location=name, sentences=of_it)
            for each, (name, of_it) in zip(found.locations, sentences, strict=True)
        ],
        restoring=differences(now.before, found, now.known.name),
        problems=told(contradictions(found, now.known), found),
        warnings=told(warnings(found, now.known), found),
    )


def versions(call: Call[Versions, Nothing]) -> Page[MappingVersion]:
    """List versions of a mapping. Who changed it when, the newest first."""
    query, shop = call.query, known_shop(call, call.query.shop)
    (before,) = place(query, "mapping", (_NEWEST,))
    rows = mappings.versions(
        call.conn, account=call.account, shop=shop, before=max(0, min(before, _NEWEST)), most=query.limit + 1
    )
    return page(query, "mapping", rows, lambda row: MappingVersion(**row._mapping), lambda row: (row.version,))


def check(call: Call[Nothing, Checked]) -> MappingChecked:
    """Check a mapping. Says what contradicts itself or the shop, what should be looked at, and what differs from now. Nothing changes."""
    found, mapping = studied(call, call.body.document)
    return MappingChecked(
        newest=found.before.version,
        current=found.current,
        stands=not found.problems,
        differences=found.differences,
        problems=told(found.problems, mapping),
        warnings=told(found.warnings, mapping),
    )


def apply(call: Call[Nothing, Apply]) -> Asked:
    """Change the mapping of a shop. The document becomes the next version, whole: a location that it does not name is fed by nothing.

    Refused with 409 when the mapping was changed since the document was read, and with 422 when it contradicts itself or the shop:
    `errors` says where. Try it first with `/mapping/dry-run`.
    """
    found, mapping = studied(call, call.body.document)
    return _ask(call, found, note=call.body.note, seen=call.body.seen, wrong=faults(found.problems, mapping))


def restore(call: Call[Nothing, Restore]) -> Asked:
    """Restore an old mapping. What an older version said becomes the next version, checked as it would be if it were new."""
    body = call.body
    found = restored(call, body.shop, body.version, base=body.base)
    wrong = [Fault(detail=each.text, pointer="#/version") for each in found.problems]
    return _ask(call, found, note=body.note or f"version {body.version} again", seen=body.seen, wrong=wrong)


def studied(call: Call[Any, Any], document: MappingDocument) -> tuple[Study, ShopMapping]:
    """What a document comes to, and the mapping that it says."""
    mapping = meant(document)
    known_shop(call, mapping.shop, status=422)
    return proposed(call.conn, account=call.account, mapping=mapping), mapping


def restored(call: Call[Any, Any], shop: str, number: int, *, base: int | None = None) -> Study:
    """What it would come to if a version stood again. ``base``: the version that stands now, as the caller knows it."""
    known_shop(call, shop, status=422)
    old = version_of(call, shop, number)
    newest = begin_draft(call.conn, account=call.account, shop=shop).base
    draft = whole(call.conn, account=call.account, mapping=old, base=newest if base is None else base)
    return study(call.conn, account=call.account, draft=draft)


def _ask(call: Call[Any, Any], found: Study, *, note: str, seen: bool, wrong: list[Fault]) -> Asked:
    shop = found.draft.shop
    if not found.current:
        raise Refusal(409, "not_newest", _overtaken(call, found))
    if wrong:
        sentences = " ".join(each.detail for each in wrong[:5])
        more = f" And {len(wrong) - 5} more." if len(wrong) > 5 else ""
        raise Refusal(422, "contradicts", f"{sentences}{more} Nothing was changed.", faults=wrong)
    if not found.differences:
        raise Refusal(422, "no_change", "This says the same as the mapping of now. Nothing was changed.")
    call.ask([found.event(by=call.by, note=note.strip(), seen=seen)])
    held = "" if seen else "; if that changes very much at once, it waits in /sweeps/runs until somebody approves it"
    sentence = (
        f"This becomes version {found.before.version + 1} of the mapping of {shop}, and its numbers are worked out again{held}."
    )
    return Asked(asked=sentence, look_at=f"{ROOT}/mapping/versions?shop={quote(shop, safe='')}")


def _overtaken(call: Call[Any, Any], found: Study) -> str:
    newest = found.before.version
    row = next(iter(mappings.versions(call.conn, account=call.account, shop=found.draft.shop, most=1)), None)
    who = f" ({row.by} changed it at {row.at:%Y-%m-%d %H:%M} UTC)" if row and row.by else ""
    return (
        f"This was drawn from version {found.draft.base}, and the mapping is at version {newest} by now{who}. "
        "Read that one and put your change into it. Nothing was changed."
    )


def known_shop(call: Call[Any, Any], shop: str, *, status: int = 404) -> str:
    """The shop, when locations of it are known. Raises Refusal."""
    if shop not in {row.shop for row in _QUERIES.rows(call.conn, "locations", account=call.account)}:
        raise Refusal(status, "unknown_shop", "There is no shop of this name whose locations Stockbridge has read.")
    return shop


def version_of(call: Call[Any, Any], shop: str, number: int) -> ShopMapping:
    """One version of a shop's mapping. Raises Refusal."""
    found = mappings.version(call.conn, account=call.account, shop=shop, number=number)
    if found is None:
        raise Refusal(404, "no_such_version", f"There is no version {number} of the mapping of {shop}.")
    return found


ROUTES = (
    Route(method="GET", path="/mapping", scope="read", handler=one, query=OneVersion, answer=Mapping, refuses=(404,)),
    Route(
        method="GET",
        path="/mapping/versions",
        scope="read",
        handler=versions,
        query=Versions,
        answer=Page[MappingVersion],
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/mapping/check",
        scope="read",
        handler=check,
        body=Checked,
        answer=MappingChecked,
        looks=True,
        largest=LARGEST,
    ),
    asking("/mapping/apply", scope="sources", handler=apply, body=Apply, largest=LARGEST, refuses=(409,)),
    asking("/mapping/restore", scope="sources", handler=restore, body=Restore, refuses=(404, 409)),
)
