"""CH401 and CH402: what is known of the platforms."""

from __future__ import annotations

from datetime import date

from mappings.findings import Rule, Severity
from mappings.rules.sample import sample

_MEMBER = sample(kind="linkedin_member", sink="account: lea")

OLD_LIMITS = Rule(
    code="CH401",
    title="Limits that were read long ago",
    explanation="Platforms change what they take. What this version knows of one was read more than half a year "
    "ago, so texts may be cut that would fit, or refused that seemed to.",
    remedy="Install a newer version of Chappe or of the connector, where the limits were read again.",
    failing=_MEMBER,
    mended=_MEMBER,
    severity=Severity.WARNING,
    failing_on=date(2030, 1, 1),
)

NO_COMMENTS = Rule(
    code="CH402",
    title="A link that stays in the text",
    explanation="A node before this sink moves the link into a first comment, and the sink makes none. Nothing is "
    "lost: its posts keep the link in their text, or on their card, as if that node were not there.",
    remedy="Lead this sink around the node with `first_comment:`, or leave it so where that is what you want.",
    failing=sample("below: {kind: link, from: blog, first_comment: true}", feeds="below"),
    mended=sample(
        "below: {kind: link, from: blog, first_comment: true}", feeds="below", kind="x_post", sink="account: lea"
    ),
    severity=Severity.WARNING,
)

RULES = (OLD_LIMITS, NO_COMMENTS)
