"""Who may do what: one table. A route that is not in it is closed to everybody; a test walks all routes.

Roles grow: a viewer sees, an operator also repairs, a manager also maps and configures, an admin also manages people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones before it may."""

    ANYBODY = 0
    VIEWER = 1
    OPERATOR = 2
    MANAGER = 3
    ADMIN = 4

    @classmethod
    def named(cls, name: str) -> Role:
        """The role of a person by its name in the database; an unknown name may do nothing that needs a log-in."""
        return _NAMED.get(name, cls.ANYBODY)


_NAMED = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "manager": Role.MANAGER, "admin": Role.ADMIN}

POLICY: Mapping[tuple[str, str], Role] = {
    ("GET", "/"): Role.VIEWER,
    ("GET", "/orders"): Role.VIEWER,
    ("POST", "/orders/view"): Role.OPERATOR,
    ("POST", "/orders/ask"): Role.OPERATOR,
    ("GET", "/orders/batch"): Role.VIEWER,
    ("POST", "/orders/batch"): Role.OPERATOR,
    ("POST", "/orders/stop"): Role.OPERATOR,
    ("GET", "/order"): Role.VIEWER,
    ("GET", "/raw"): Role.OPERATOR,
    ("GET", "/stock"): Role.VIEWER,
    ("GET", "/stock/item"): Role.VIEWER,
    ("GET", "/parked"): Role.VIEWER,
    ("POST", "/parked/retry"): Role.OPERATOR,
    ("POST", "/parked/dismiss"): Role.OPERATOR,
    ("GET", "/parked/many"): Role.OPERATOR,
    ("POST", "/parked/many"): Role.OPERATOR,
    ("POST", "/parked/map"): Role.OPERATOR,
    ("GET", "/mapping"): Role.VIEWER,
    ("POST", "/mapping/item"): Role.OPERATOR,
    ("POST", "/mapping/source"): Role.MANAGER,
    ("GET", "/sweeps"): Role.VIEWER,
    ("GET", "/sweeps/run"): Role.VIEWER,
    ("GET", "/sweeps/file"): Role.VIEWER,
    ("POST", "/sweeps/start"): Role.OPERATOR,
    ("POST", "/sweeps/decide"): Role.MANAGER,
    ("GET", "/mapping/edit"): Role.MANAGER,
    ("POST", "/mapping/edit"): Role.MANAGER,
    ("POST", "/mapping/preview"): Role.MANAGER,
    ("POST", "/mapping/draft"): Role.MANAGER,
    ("POST", "/mapping/plan"): Role.MANAGER,
    ("POST", "/mapping/plan.csv"): Role.MANAGER,
    ("POST", "/mapping/save"): Role.MANAGER,
    ("GET", "/mapping/versions"): Role.VIEWER,
    ("GET", "/mapping/version"): Role.VIEWER,
    ("GET", "/connections"): Role.VIEWER,
    ("POST", "/connections/again"): Role.OPERATOR,
    ("GET", "/connections/switch"): Role.MANAGER,
    ("POST", "/connections/switch"): Role.MANAGER,
    ("GET", "/people"): Role.ADMIN,
    ("POST", "/people/invite"): Role.ADMIN,
    ("POST", "/people/withdraw"): Role.ADMIN,
    ("POST", "/people/role"): Role.ADMIN,
    ("POST", "/people/active"): Role.ADMIN,
    ("POST", "/people/link"): Role.ADMIN,
    ("POST", "/people/sign-out"): Role.ADMIN,
    ("GET", "/tokens"): Role.ADMIN,
    ("POST", "/tokens/create"): Role.ADMIN,
    ("POST", "/tokens/revoke"): Role.ADMIN,
    ("GET", "/api"): Role.ANYBODY,
    ("GET", "/me"): Role.VIEWER,
    ("POST", "/me/password"): Role.VIEWER,
    ("POST", "/me/sign-out"): Role.VIEWER,
    ("GET", "/login"): Role.ANYBODY,
    ("POST", "/login"): Role.ANYBODY,
    ("POST", "/logout"): Role.ANYBODY,
    ("GET", "/link/{token}"): Role.ANYBODY,
    ("POST", "/link/{token}"): Role.ANYBODY,
    ("POST", "/theme"): Role.ANYBODY,
}


def allowed(method: str, path: str, role: str | None, policy: Mapping[tuple[str, str], Role] = POLICY) -> bool:
    """Whether somebody of this role (None: nobody logged in) may use a route; never, when the table does not name it."""
    needed = policy.get((method, path))
    return needed is not None and (needed is Role.ANYBODY or (role is not None and Role.named(role) >= needed))
