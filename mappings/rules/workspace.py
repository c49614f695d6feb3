"""CH301 to CH312: what a mapping names of its workspace, and what the workspace makes of it."""

from __future__ import annotations

from decimal import Decimal

from engine.model.consent import Terms
from mappings.findings import Rule, Severity, Tree
from mappings.known import Flow, Known
from mappings.rules.sample import sample

_TWO = Known(accounts={"acme-hook": "webhook", "acme": "facebook"}, audiences=frozenset({"ambassadors"}))
_CROWD = Known(
    accounts={"lea": "linkedin", "karim": "linkedin"},
    audiences=frozenset({"ambassadors", "editors"}),
    members={("ambassadors", "linkedin"): ("lea", "karim"), ("ambassadors", "x"): ("lea-x", "karim-x", "zoe-x")},
    automatic=frozenset({"lea"}),
    released={"linkedin": "LinkedIn's terms forbid automatic posts of members."},
)
_ASKING = Known(accounts=_CROWD.accounts, audiences=_CROWD.audiences, members=_CROWD.members, released=_CROWD.released)
_LOST = Known(accounts={"acme-hook": "webhook", "acme": "webhook"}, lost=frozenset({"acme-hook"}))
_ROUND = Known(accounts={"acme": "facebook", "acme-be": "facebook"}, flows=(Flow("relay", "acme-be", "acme"),))
_CALM = Known(
    accounts=_CROWD.accounts,
    audiences=_CROWD.audiences,
    members={("ambassadors", "linkedin"): ("lea", "karim")},
    terms={"lea": Terms(), "karim": Terms(max_per_day=2)},
)
_BUSY = Known(
    accounts=_CROWD.accounts, audiences=_CROWD.audiences, members=_CALM.members, terms={"lea": Terms(max_per_hour=2)}
)
_POOR = Known(accounts={"acme": "x"}, money=Decimal(1))

UNKNOWN_ACCOUNT = Rule(
    code="CH301",
    title="Unknown account",
    explanation="The workspace has no account of this name.",
    remedy="Correct the spelling, or connect the account: `chappe accounts` lists those that are there.",
    failing=sample(sink="account: acme-hok"),
    mended=sample(sink="account: acme-hook"),
    known=_TWO,
)
UNKNOWN_AUDIENCE = Rule(
    code="CH302",
    title="Unknown audience",
    explanation="The workspace has no group of this name.",
    remedy="Correct the spelling, or make the group: `chappe people` lists those that are there.",
    failing=sample(sink="audience: embassadors"),
    mended=sample(sink="audience: ambassadors"),
    known=_TWO,
)
OTHER_PLATFORM = Rule(
    code="CH303",
    title="An account of another platform",
    explanation="The account is there, and belongs to another platform than the node publishes to or reads from.",
    remedy="Name an account of the node's own platform.",
    failing=sample(sink="account: acme"),
    mended=sample(sink="account: acme-hook"),
    known=_TWO,
)
SAME_MAPPING = Rule(
    code="CH304",
    title="Two files for one mapping",
    explanation="Two of the files that are applied together have the same name after `mapping:`.",
    remedy="Give one of them another name, or delete one of the files.",
    failing=sample(),
    mended=sample(),
    beside="other.yaml",
    failing_beside=sample(),
    mended_beside=sample().replace("mapping: news", "mapping: other-news"),
)
NO_FILE = Rule(
    code="CH305",
    title="A file that cannot be read",
    explanation="The file is not there, or this user may not read it.",
    remedy="Check the path and its permissions. In a folder, files whose names end in .yaml or .yml are read.",
    tree=Tree("folder", failing={"news.txt": sample()}, mended={"news.yaml": sample()}),
)
NOBODY = Rule(
    code="CH306",
    title="An audience with nobody in it",
    explanation="The group is there, and none of its people has an account of the sink's platform: nobody gets a post.",
    remedy="Invite people to lend an account of this platform, or name another group.",
    failing=sample(kind="linkedin_member", sink="audience: editors"),
    mended=sample(kind="linkedin_member", sink="audience: ambassadors"),
    severity=Severity.WARNING,
    known=_ASKING,
)
LOST_ACCOUNT = Rule(
    code="CH307",
    title="An account that must be connected again",
    explanation="The platform takes no requests of this account any more: what is planned for it is blocked, and what "
    "it reads is not read.",
    remedy="Connect it again: `chappe accounts` says why, and how.",
    failing=sample(sink="account: acme-hook"),
    mended=sample(sink="account: acme"),
    severity=Severity.WARNING,
    known=_LOST,
)
NOT_AUTOMATIC = Rule(
    code="CH308",
    title="Automatic posts without permission",
    explanation="People of this audience chose to have posts published for them, and the platform's terms forbid that "
    "without a permission, which nobody has recorded: they are asked for each post all the same.",
    remedy="Record the permission with `chappe apps set`, or say `approval: person`: then each is asked, as is known.",
    failing=sample(kind="linkedin_member", sink="audience: ambassadors"),
    mended=sample(kind="linkedin_member", sink="audience: ambassadors\n    approval: person"),
    severity=Severity.WARNING,
    known=_CROWD,
)
ROUND_TRIP = Rule(
    code="CH309",
    title="A round trip through accounts",
    explanation="This mapping and others carry posts from account to account, and back to the first. What Chappe "
    "published is recognised when it is read again; a post that somebody copies is not.",
    remedy="Take one of the mappings out of the round, or let its source pass only what was written there.",
    failing=sample(
        source="page: {kind: facebook_page, account: acme}",
        feeds="page",
        kind="facebook_page",
        sink="account: acme-be",
    ),
    mended=sample(
        source="page: {kind: facebook_page, account: acme-be}",
        feeds="page",
        kind="facebook_page",
        sink="account: acme",
    ),
    severity=Severity.WARNING,
    known=_ROUND,
)
OVER_CAPS = Rule(
    code="CH310",
    title="More posts than owners allow",
    explanation="A tank, or the times of `at:`, let more posts go in a week than owners of these accounts allow by the "
    "hour and the day, on their days and in their hours: as long as there are enough posts, those that are too many "
    "wait for these accounts until they are too old. Of sources that have been read for a week or longer, as many "
    "posts count as came lately. What several sinks and mappings bring to an account is counted together, and what "
    "comes from one source once.",
    remedy="Let fewer go (a longer `every:`, fewer times), or ask the owners whether they allow more.",
    failing=sample(
        "store: {kind: tank, from: blog, every: 4h}",
        feeds="store",
        kind="linkedin_member",
        sink="audience: ambassadors",
    ),
    mended=sample(
        "store: {kind: tank, from: blog, every: 12h}",
        feeds="store",
        kind="linkedin_member",
        sink="audience: ambassadors",
    ),
    severity=Severity.WARNING,
    known=_CALM,
)
OVER_MONEY = Rule(
    code="CH311",
    title="More than the month's money",
    explanation="A tank, or the times of `at:`, let so many posts go that they cost more in 30 days than the workspace "
    "may spend in a month: as long as there are enough posts, the last ones of a month wait for the next. Of sources "
    "that have been read for a week or longer, as many posts count as came lately. Each is "
    "counted at what the platform takes for the cheapest, one without a link or a picture. "
    "What several sinks and mappings let go is counted together.",
    remedy="Let fewer go (a longer `every:`, fewer times, fewer accounts), or allow more: `chappe budget set`.",
    failing=sample("store: {kind: tank, from: blog, every: 4h}", feeds="store", kind="x_post", sink="account: acme"),
    mended=sample("store: {kind: tank, from: blog, every: 2d}", feeds="store", kind="x_post", sink="account: acme"),
    severity=Severity.WARNING,
    known=_POOR,
)
TOO_LATE = Rule(
    code="CH312",
    title="Let go at once, and too late for the rest",
    explanation="Times let several posts go shortly one after the other, or at once when a window opens. Owners allow "
    "so many an hour and a day; the others wait, and what waits longer than `max_age:` is not published any more.",
    remedy="Put more time between them, spread them over more days, raise `max_age:`, or ask the owners for more.",
    failing=sample(
        "noon: {kind: slots, from: blog, at: ['12:00', '12:05', '12:10'], timezone: Europe/Paris}",
        title="News\nmax_age: 30m",
        feeds="noon",
        kind="linkedin_member",
        sink="audience: ambassadors",
    ),
    mended=sample(
        "noon: {kind: slots, from: blog, at: ['11:00', '12:05', '13:10'], timezone: Europe/Paris}",
        title="News\nmax_age: 30m",
        feeds="noon",
        kind="linkedin_member",
        sink="audience: ambassadors",
    ),
    severity=Severity.WARNING,
    known=_BUSY,
)

RULES = (
    UNKNOWN_ACCOUNT,
    UNKNOWN_AUDIENCE,
    OTHER_PLATFORM,
    SAME_MAPPING,
    NO_FILE,
    NOBODY,
    LOST_ACCOUNT,
    NOT_AUTOMATIC,
    ROUND_TRIP,
    OVER_CAPS,
    OVER_MONEY,
    TOO_LATE,
)
