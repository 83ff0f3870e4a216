"""The pruned schemas, one per API version: a common part and a small delta."""

from functools import lru_cache
from importlib.resources import files

from graphql import GraphQLSchema, build_schema

VERSIONS = ("2026-07", "2026-10")
EXPIRED = ("2025-10", "2026-01", "2026-04")
"""Versions that this twin no longer serves; they fall forward to the oldest it does."""


@lru_cache(maxsize=4)
def sdl(version: str) -> str:
    """The schema's text for one version."""
    folder = files("stockbridge.testing.twins.shopify").joinpath("schema")
    common = folder.joinpath("admin.graphql").read_text(encoding="utf-8")
    delta = folder.joinpath(f"delta_{version.replace('-', '_')}.graphql").read_text(encoding="utf-8")
    return f"{common}\n{delta}"


@lru_cache(maxsize=4)
def schema(version: str) -> GraphQLSchema:
    """The schema of one version. Raises KeyError for a version that the twin does not know."""
    if version not in VERSIONS:
        raise KeyError(version)
    return build_schema(sdl(version), assume_valid=True)
