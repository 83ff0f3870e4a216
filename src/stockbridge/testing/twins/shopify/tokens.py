"""OAuth client credentials: tokens that live 24 hours (fact sheet B.1)."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from stockbridge.testing.twins.shopify.model.world import World


class Tokens:
    """Access tokens of the shop's one app. Several may be valid at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.live: dict[str, tuple[datetime | None, frozenset[str]]] = {}

    def grant(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answers a token request: status and JSON body."""
        app = self.world.app
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        known = hmac.compare_digest(str(form.get("client_id", "")), app.client_id)
        secrets = [app.client_secret, *app.secrets_before]
        if not known or not any(hmac.compare_digest(str(form.get("client_secret", "")), one) for one in secrets):
            return 400, {"error": "application_cannot_be_found"}
        life = self.world.knobs.token_life_s
        token = self.issue(life_s=life)
        self.world.log("token_granted", scopes=sorted(app.scopes))
        return 200, {"access_token": token, "scope": ",".join(sorted(app.scopes)), "expires_in": life - 1}

    def issue(self, *, life_s: int | None = None) -> str:
        """A token without asking; permanent unless it is given a life."""
        token = f"shpat_{self.world.hex(32)}"
        end = None if life_s is None else self.world.now() + timedelta(seconds=life_s)
        self.live[token] = (end, self.world.app.scopes)
        return token

    def scopes(self, token: str) -> frozenset[str] | None:
        """The scopes of a valid token, or None."""
        found = self.live.get(token)
        if found is None or (found[0] is not None and found[0] <= self.world.now()):
            return None
        return found[1]

    def revoke_all(self) -> None:
        """The merchant takes the app's access away."""
        self.live.clear()
