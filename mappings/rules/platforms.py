"""CH401: what is known of the platforms."""

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

RULES = (OLD_LIMITS,)
