"""From one page to the next. A reading that stops too early has holes, and one that never ends holds up its lane."""

from __future__ import annotations

from stockbridge.channels.shopify.generated import Pages
from stockbridge.ports import TryLater


def following(pages: Pages, before: str | None) -> str | None:
    """The mark of the next page, or None after the last. ``before``: the mark that led to this page.

    Raises TryLater when Shopify says that there is more and gives no way on: half a list must not pass for the whole.
    """
    if not pages.has_next_page:
        return None
    if not pages.end_cursor or pages.end_cursor == before:
        raise TryLater("Shopify says that there are further pages and does not say where; the reading is tried again.")
    return pages.end_cursor
