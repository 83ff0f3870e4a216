"""How a long-lived process looks for objects that hang on each other in a circle: seldom, for there are hardly any."""

from __future__ import annotations

import gc

#: So many more objects made than gone start a look; Python's own number, 700, makes one at every page of rows. What hangs in circles
#: meanwhile is a few megabytes.
OBJECTS = 50_000


def settle() -> None:
    """To be called once everything is loaded: what is there now stays, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 20)
