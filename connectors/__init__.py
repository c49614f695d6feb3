"""Platforms, each an island; `connectors.shipped.ALL` lists what ships with Chappe.

The list is a module of its own, so that the worker that parses a feed does not load every platform's library with it.
"""
