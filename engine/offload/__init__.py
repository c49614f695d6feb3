"""One worker process with resource limits, for bytes that a stranger sent: feeds, pictures, pages.

A document that never ends, fills the memory or breaks its parser ends the worker, not Chappe.
"""

from __future__ import annotations

from engine.offload.offload import Offload, OffloadError

__all__ = ["Offload", "OffloadError"]
