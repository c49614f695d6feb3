"""The words for what may have happened after a backup that was restored."""

from __future__ import annotations

from typing import Final

RESTORED: Final = "restored"
"""How the attempt ended that stands for what may have been sent since the backup."""

RESTORED_ANEW: Final = "restored_anew"
"""The same where the delivery was made after the restore: what may have been sent had another key, which is lost."""
