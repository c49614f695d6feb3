"""What happens that others may want to know: every kind of event, with what it means."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "post.came_in": "A source gave a new post, which its mappings take up.",
    "post.held": "So many new posts came at once that a person must look at them first.",
    "post.routed": "A mapping has gone through a post; `deliveries` is how many are planned for it by then.",
    "delivery.waiting": "A delivery waits for something that the account's owner may still say.",
    "delivery.planned": "A delivery that waited, was blocked or unclear is due again.",
    "delivery.blocked": "A delivery cannot go out until something is mended; `detail` says what.",
    "delivery.doubtful": "No usable answer came: it may be out, and Chappe finds out.",
    "delivery.check_needed": "It may be out, and only a person can tell: look at the account, then say so.",
    "delivery.sent": "A delivery is out; `url` is where.",
    "delivery.rejected": "A delivery failed for good; `detail` says why.",
    "delivery.expired": "A delivery waited longer than its mapping allows.",
    "delivery.cancelled": "A delivery was cancelled before it went out.",
    "approval.wanted": "A post, or a delivery, waits for a person's decision.",
    "approval.decided": "A person has decided about a post that waited; `verdict` is what they said.",
    "account.lost": "An account's permission is gone; its owner must reconnect it.",
    "account.live": "An account that was lost is connected again.",
    "source.failing": "A source can no longer be read; `detail` says why.",
    "source.live": "A source that failed can be read again.",
    "mapping.applied": "A version of a mapping runs from now on.",
    "mapping.removed": "A mapping was removed.",
    "pause.set": "Something was paused; `scope` and `key` say what.",
    "pause.lifted": "Something that was paused goes on.",
    "mail.given_up": "A mail could not be sent, and is tried no more; `detail` says why.",
    "operation.ended": "Long work has ended; `operation`, `kind` and `state` say which, and how.",
    "webhook.disabled": "A webhook is no longer called; `detail` says why.",
}
