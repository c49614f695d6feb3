"""CH210 to CH221: what is written as it should be, and yet does nothing, or not what it seems to."""

from __future__ import annotations

from mappings.findings import Rule, Severity
from mappings.rules.sample import sample

_ROUTER = "kinds: {kind: route, from: blog, ports: {jobs: {hashtag: hiring}, lunch: {hashtag: menu}}}"
_OFFICE = "office: {kind: slots, from: blog, between: '09:00-12:00', timezone: Europe/Paris}"

UNUSED_OUTPUT = Rule(
    code="CH210",
    title="An output that leads nowhere",
    explanation="The router sends posts to this output, and nothing takes them from there: they end.",
    remedy="Name the output in the `from:` of a node, or delete it: what fits no output ends at the router anyway.",
    failing=sample(_ROUTER, feeds="kinds.jobs"),
    mended=sample(_ROUTER, feeds="[kinds.jobs, kinds.lunch]"),
    severity=Severity.WARNING,
)
ADDS_NOTHING = Rule(
    code="CH211",
    title="A path that adds nothing",
    explanation="A node takes each post once. Whatever comes by this path has come by another one already, at once and "
    "with other words perhaps: so nothing is ever taken from here.",
    remedy="Delete this feed, or the one that is named. Where both were meant, name the narrower one first: "
    "`from: [jobs, blog]` takes job offers from `jobs`, and all else from `blog`.",
    failing=sample("signed: {kind: write, from: blog, suffix: ' (Acme)'}", feeds="[blog, signed]"),
    mended=sample("signed: {kind: write, from: blog, suffix: ' (Acme)'}", feeds="signed"),
    instance="For instance, a post that says “Our doors are open on Friday.” comes by `blog` as “Our doors are "
    "open on Friday.” and by `signed` as “Our doors are open on Friday. (Acme)”; `hook` takes “Our doors "
    "are open on Friday.” alone.",
    severity=Severity.WARNING,
)
NO_FREE_DAY = Rule(
    code="CH212",
    title="Times without a free day",
    explanation="`blackout:` and `holidays:` take away every day of more than a year to come: posts wait here in vain.",
    remedy="Make the blackout shorter, or allow more `days:`.",
    failing=sample(
        "office: {kind: slots, from: blog, timezone: Europe/Paris, blackout: 2020-01-01..2199-12-31}", feeds="office"
    ),
    mended=sample(
        "office: {kind: slots, from: blog, timezone: Europe/Paris, blackout: 2020-01-01..2020-01-31}", feeds="office"
    ),
    severity=Severity.WARNING,
)
NEVER_MEET = Rule(
    code="CH213",
    title="Times that never meet",
    explanation="Two nodes hold posts for their times one after the other, and no time of the second is one of the "
    "first: what the first lets go in its own times waits again, and goes out in those of the second alone.",
    remedy="Keep one of the two, or let their times overlap.",
    failing=sample(
        f"{_OFFICE}\nlate: {{kind: slots, from: office, at: '18:00', timezone: Europe/Paris}}",
        feeds="late",
    ),
    mended=sample(
        f"{_OFFICE}\nlate: {{kind: slots, from: office, at: '11:00', timezone: Europe/Paris}}",
        feeds="late",
    ),
    severity=Severity.WARNING,
)
NEVER_HOLDS = Rule(
    code="CH214",
    title="A condition that can never hold",
    explanation="What this condition asks for cannot be together, or was taken out on the way here: no post passes.",
    remedy="Put what excludes each other under `any:`, or on two ways, or delete one of the conditions.",
    failing=sample(
        "french: {kind: keep, from: blog, language: fr}\ndutch: {kind: keep, from: french, language: nl}", feeds="dutch"
    ),
    mended=sample("french: {kind: keep, from: blog, language: [fr, nl]}", feeds="french"),
    instance="For instance, a post in fr that says “Our doors are open on Friday.” comes to `dutch` and ends: Its "
    "language is not nl.",
    severity=Severity.WARNING,
)
TAGS_CUT = Rule(
    code="CH215",
    title="Hashtags before a cut",
    explanation="Hashtags are added at the end of the text, and a template behind it cuts the end off: long posts lose "
    "them. `truncate_to_fit` keeps what stands at the end; `truncate`, `truncatewords` and `slice` do not.",
    remedy="Write `truncate_to_fit`, or add the hashtags behind the cut.",
    failing=sample(
        "tagged: {kind: write, from: blog, hashtags: Acme}\n"
        "short: {kind: write, from: tagged, text: '{{ post.text | truncate: 100 }}'}",
        feeds="short",
    ),
    mended=sample(
        "short: {kind: write, from: blog, text: '{{ post.text | truncate: 100 }}', hashtags: Acme}", feeds="short"
    ),
    instance="For instance, a post that says “Our doors are open on Friday. Come and see how we work, ask what you "
    "like, and stay for a coffee.” becomes “Our doors are open on Friday. Come and see how we work, ask "
    "what you like, and stay for a coffee....” at `hook`, without #Acme.",
    severity=Severity.WARNING,
)
BACK_AGAIN = Rule(
    code="CH216",
    title="Back to where it came from",
    explanation="The sink publishes for the account that the source reads: every post would stand there twice.",
    remedy="Publish for another account, or take the posts from a source that reads elsewhere.",
    failing=sample(
        source="page: {kind: facebook_page, account: acme}", feeds="page", kind="facebook_page", sink="account: acme"
    ),
    mended=sample(
        source="page: {kind: facebook_page, account: acme}",
        feeds="page",
        kind="facebook_page",
        sink="account: acme-belgium",
    ),
    severity=Severity.WARNING,
)
PILES_UP = Rule(
    code="CH217",
    title="Posts that pile up",
    explanation="A tank, or the times of `at:`, let more posts go in a week than the node behind them: as long as "
    "there are enough posts, those that are too many wait at that node longer and longer. A workspace that has read "
    "the sources for a week or longer counts with how many posts came lately.",
    remedy="Let fewer go from the first node (a longer `every:`, fewer times), or more from the second.",
    failing=sample(
        "store: {kind: tank, from: blog, every: 8h}\n"
        "noon: {kind: slots, from: store, at: '12:30', timezone: Europe/Paris}",
        feeds="noon",
    ),
    mended=sample(
        "store: {kind: tank, from: blog, every: 1d}\n"
        "noon: {kind: slots, from: store, at: '12:30', timezone: Europe/Paris}",
        feeds="noon",
    ),
    severity=Severity.WARNING,
)

PICTURES_OFF = Rule(
    code="CH218",
    title="Pictures taken off before a network of pictures",
    explanation="The sink's network takes no post without a picture, as Instagram does, and this node takes off "
    "whatever the posts have of the kind: nothing that comes this way ever goes out.",
    remedy="Let the pictures stay, give the node a `default:`, or lead these posts to other sinks.",
    failing=sample(
        "bare: {kind: media, from: blog, keep: document}", feeds="bare", kind="instagram", sink="account: acme"
    ),
    mended=sample(
        "shown: {kind: media, from: blog, keep: document, default: {url: https://acme.example/a.png, alt: House}}",
        feeds="shown",
        kind="instagram",
        sink="account: acme",
    ),
)
NO_PICTURES = Rule(
    code="CH219",
    title="A network of pictures that gets none",
    explanation="The sink's network takes no post without a picture, as Instagram does, and on no way can a post with "
    "one come here: the sources give texts alone, or conditions let only those pass.",
    remedy="Add a picture with `media` and its `default:`, or take posts that have some.",
    failing=sample(
        "plain: {kind: keep, from: blog, media: {has: false}}", feeds="plain", kind="instagram", sink="account: acme"
    ),
    mended=sample(
        "shown: {kind: keep, from: blog, media: {has: true}}", feeds="shown", kind="instagram", sink="account: acme"
    ),
    severity=Severity.WARNING,
)
READ_SELDOM = Rule(
    code="CH220",
    title="Read too seldom",
    explanation="A post that is older than `max_age:` when it is first seen is not published. The source is read less "
    "often than that, so whatever was published long before it is read again is lost.",
    remedy="Read it more often (a shorter `every:`), or raise `max_age:` above it.",
    failing=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 2d}"),
    mended=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 12h}"),
    severity=Severity.WARNING,
)
OVER_WINDOW = Rule(
    code="CH221",
    title="More posts than the network takes",
    explanation="A tank, the times of `at:`, or sources as often as they published lately, let more posts go in a week "
    "than the network takes of one account, or of the workspace's app for all of its accounts. Those that are too many "
    "wait until they are too old. What several sinks bring to one account is counted together.",
    remedy="Let fewer go (a longer `every:`, fewer times, fewer accounts).",
    failing=sample(
        "store: {kind: tank, from: blog, every: 5m}", feeds="store", kind="linkedin_member", sink="account: lea"
    ),
    mended=sample(
        "store: {kind: tank, from: blog, every: 1h}", feeds="store", kind="linkedin_member", sink="account: lea"
    ),
    severity=Severity.WARNING,
)

RULES = (
    UNUSED_OUTPUT,
    ADDS_NOTHING,
    NO_FREE_DAY,
    NEVER_MEET,
    NEVER_HOLDS,
    TAGS_CUT,
    BACK_AGAIN,
    PILES_UP,
    PICTURES_OFF,
    NO_PICTURES,
    READ_SELDOM,
    OVER_WINDOW,
)
