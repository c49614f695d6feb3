"""CH201 to CH209: what feeds what, and for whom a sink publishes."""

from __future__ import annotations

from mappings.findings import Rule, Severity
from mappings.rules.sample import sample

NO_SUCH_NODE = Rule(
    code="CH201",
    title="Fed by a node that does not exist",
    explanation="`from:` names a source or an operator of the same mapping.",
    remedy="Correct the spelling, or add the node.",
    failing=sample(feeds="blogs"),
    mended=sample(),
)
CIRCLE = Rule(
    code="CH202",
    title="A circle",
    explanation="Posts would go round and never arrive. The finding names the circle node by node.",
    remedy="Take one of the arrows out: change one `from:`.",
    failing=sample(
        "french: {kind: keep, from: [blog, signed], language: fr}\nsigned: {kind: write, from: french, suffix: '!'}",
        feeds="signed",
    ),
    mended=sample(
        "french: {kind: keep, from: blog, language: fr}\nsigned: {kind: write, from: french, suffix: '!'}",
        feeds="signed",
    ),
)
LEADS_NOWHERE = Rule(
    code="CH203",
    title="Leads nowhere",
    explanation="What leaves this node reaches no sink, so its posts go nowhere.",
    remedy="Name it in the `from:` of a node that leads to a sink, or delete it.",
    failing=sample("french: {kind: keep, from: blog, language: fr}"),
    mended=sample("french: {kind: keep, from: blog, language: fr}", feeds="french"),
    severity=Severity.WARNING,
)
FED_BY_SINK = Rule(
    code="CH204",
    title="Fed by a sink",
    explanation="Posts leave the mapping at a sink; nothing comes out of it.",
    remedy="Take the posts from the node that feeds the sink.",
    failing=sample("french: {kind: keep, from: hook, language: fr}", feeds="blog"),
    mended=sample("french: {kind: keep, from: blog, language: fr}", feeds="french"),
)
NO_SUCH_OUTPUT = Rule(
    code="CH205",
    title="No such output",
    explanation="`router.port` names one output of a node that has several; other nodes have one, without a name.",
    remedy="Write one of the outputs that the finding names, or the node's name alone.",
    failing=sample(feeds="blog.french"),
    mended=sample(),
)
FOR_WHOM = Rule(
    code="CH206",
    title="For nobody, or for too many",
    explanation="A sink publishes for one of: an `audience:`, an `account:`, several `accounts:`, or an address of its "
    "own where its kind has one.",
    remedy="Say exactly one of them.",
    failing=sample(sink="account: acme\n    url: https://hooks.example.org/in"),
    mended=sample(),
)
NO_ACCOUNT = Rule(
    code="CH207",
    title="A source's account",
    explanation="Some sources are read with an account of the workspace, others need none.",
    remedy="Add `account:` with the name of an account, or take it out, as the finding says.",
    failing=sample(source="blog: {kind: feed, url: https://example.org/feed, account: acme}"),
    mended=sample(),
)
NO_ZONE = Rule(
    code="CH208",
    title="Times without a zone",
    explanation="Without `timezone:` every time of day is UTC, hours away from most clocks on the wall.",
    remedy="Give the mapping its zone: `timezone: Europe/Paris`.",
    failing=sample("office: {kind: slots, from: blog, between: '09:00-18:00'}", feeds="office"),
    mended=sample("office: {kind: slots, from: blog, between: '09:00-18:00', timezone: Europe/Paris}", feeds="office"),
    severity=Severity.WARNING,
)
SAME_WORDS = Rule(
    code="CH209",
    title="The same words from several accounts",
    explanation="Some platforms, such as X, forbid that several accounts say the same. Whoever is left without words "
    "of their own publishes nothing: the delivery is blocked until somebody edits it.",
    remedy="Give `variants:`, one for each account, or `approval: person`, so that each is looked at.",
    failing=sample(kind="x_post", sink="audience: ambassadors"),
    mended=sample(
        kind="x_post", sink="audience: ambassadors\n    variants: ['{{ post.text }}', 'With us: {{ post.text }}']"
    ),
    severity=Severity.WARNING,
)

RULES = (
    NO_SUCH_NODE,
    CIRCLE,
    LEADS_NOWHERE,
    FED_BY_SINK,
    NO_SUCH_OUTPUT,
    FOR_WHOM,
    NO_ACCOUNT,
    NO_ZONE,
    SAME_WORDS,
)
