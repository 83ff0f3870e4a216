"""Errors in Shopify's shapes (fact sheet C.3, recorded responses)."""

from typing import Any

DOCUMENTATION = "https://shopify.dev/api/usage/response-codes"


class ApiError(Exception):
    """A top-level GraphQL error raised while a field is worked out. The path grows as it passes outwards."""

    def __init__(self, message: str, code: str | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path: list[str | int] = []
        self.locations: list[dict[str, int]] = []
        self.extensions = {"code": code, **extensions} if code else dict(extensions)

    def as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"message": self.message}
        if self.locations:
            out["locations"] = self.locations
        if self.path:
            out["path"] = self.path
        if self.extensions:
            out["extensions"] = self.extensions
        return out


class Rejected(Exception):
    """The whole request is refused before anything runs."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


def invalid_id(text: str) -> ApiError:
    """A malformed or foreign global id."""
    return ApiError("invalid id" if text.endswith("/0") else f"Invalid id: {text}", "RESOURCE_NOT_FOUND")


def access_denied(field_name: str, scopes: tuple[str, ...]) -> ApiError:
    """The token lacks a scope."""
    wanted = " or ".join(f"`{scope}` access scope" for scope in scopes)
    return ApiError(
        f"Access denied for {field_name} field. Required access: {wanted}.",
        "ACCESS_DENIED",
        documentation=DOCUMENTATION,
        requiredAccess=f"{wanted}.",
    )
