"""Stockbridge stands between Shopify stores and the systems that hold their goods."""

__version__ = "0.1.0"
