"""CH101 to CH113: keys, kinds, names and values."""

from __future__ import annotations

from mappings.findings import Rule
from mappings.rules.sample import sample

UNKNOWN_KEY = Rule(
    code="CH101",
    title="Unknown key",
    explanation="Neither the mapping nor the node's kind knows this key, so it would do nothing.",
    remedy="Correct its spelling, or delete it. `chappe catalogue KIND` lists the settings of a kind.",
    failing=sample("signed: {kind: write, from: blog, sufix: ' (Acme)'}", feeds="signed"),
    mended=sample("signed: {kind: write, from: blog, suffix: ' (Acme)'}", feeds="signed"),
)
MISSING_KEY = Rule(
    code="CH102",
    title="Missing key",
    explanation="Something that must be said is not said, such as a node's kind or an address.",
    remedy="Add the key that the finding names.",
    failing=sample(source="blog: {kind: feed}"),
    mended=sample(),
)
UNKNOWN_KIND = Rule(
    code="CH103",
    title="Unknown kind",
    explanation="No node of this kind is installed.",
    remedy="Correct its spelling. `chappe catalogue` lists every kind.",
    failing=sample(source="blog: {kind: feeds, url: https://example.org/feed}"),
    mended=sample(),
)
WRONG_ROLE = Rule(
    code="CH104",
    title="In the wrong section",
    explanation="Every kind is a source, an operator or a sink, and stands in the section of its role.",
    remedy="Move the node to the section that the finding names.",
    failing=sample("only_french: {kind: feed, from: blog, url: https://example.org/fr}", feeds="only_french"),
    mended=sample("only_french: {kind: keep, from: blog, language: fr}", feeds="only_french"),
)
BAD_NAME = Rule(
    code="CH105",
    title="Not a name",
    explanation="Names of mappings and nodes have letters, digits, - and _, and begin with a letter. A dot would name "
    "an output of a router.",
    remedy="Take the name that the finding offers; `title:` may be any text.",
    failing=sample("office hours: {kind: keep, from: blog, language: fr}", feeds="office hours"),
    mended=sample("office_hours: {kind: keep, from: blog, language: fr}", feeds="office_hours"),
)
SAME_NAME = Rule(
    code="CH106",
    title="Two nodes of one name",
    explanation="A node is named once in its mapping, whatever its role, or `from:` could mean either.",
    remedy="Give one of them another name.",
    failing=sample("blog: {kind: keep, from: blog, language: fr}"),
    mended=sample("french: {kind: keep, from: blog, language: fr}", feeds="french"),
)
BAD_VALUE = Rule(
    code="CH107",
    title="A value that does not fit",
    explanation="The value is of another kind than the setting takes, or outside its bounds.",
    remedy="Write a value as the finding asks for it.",
    failing=sample("signed: {kind: write, from: blog, suffix: 2026}", feeds="signed"),
    mended=sample("signed: {kind: write, from: blog, suffix: '2026'}", feeds="signed"),
)
BAD_DURATION = Rule(
    code="CH108",
    title="Not a duration",
    explanation="A duration is a whole number with one unit: s, m, h or d.",
    remedy="Write 90s, 10m, 4h or 2d.",
    failing=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 10 minutes}"),
    mended=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 10m}"),
)
BAD_TIME = Rule(
    code="CH109",
    title="Not a time, a day or a zone",
    explanation="Times of day are written as 09:00, spans as 09:00-12:00, days as mon-fri or 2026-12-24, zones as "
    "Europe/Paris.",
    remedy="Write it as the finding shows.",
    failing=sample("office: {kind: slots, from: blog, timezone: Paris}", feeds="office"),
    mended=sample("office: {kind: slots, from: blog, timezone: Europe/Paris}", feeds="office"),
)
BAD_PATTERN = Rule(
    code="CH110",
    title="Not a pattern",
    explanation="Patterns have the syntax of RE2, which finds a match in time proportional to the text: so they have "
    "no look-around and no references back.",
    remedy="Mend the pattern at the place that the finding names; a plain word is better found by `contains`.",
    failing=sample("jobs: {kind: keep, from: blog, text: {matches: 'hiring ('}}", feeds="jobs"),
    mended=sample("jobs: {kind: keep, from: blog, text: {matches: 'hiring (now|soon)'}}", feeds="jobs"),
)
BAD_TEMPLATE = Rule(
    code="CH111",
    title="Not a template",
    explanation="Templates are Liquid: {{ post.text }} puts something in, {% if %} … {% endif %} chooses.",
    remedy="Mend the template at the place that the finding names.",
    failing=sample('signed: {kind: write, from: blog, text: "{{ post.text"}', feeds="signed"),
    mended=sample('signed: {kind: write, from: blog, text: "{{ post.text }}"}', feeds="signed"),
)
NOT_FILLED = Rule(
    code="CH112",
    title="A template where none is filled in",
    explanation="Only some settings are templates; in this one, {{ }} would go out as it stands.",
    remedy="Take the braces out, or use a setting that is a template, such as the text of `write`.",
    failing=sample('signed: {kind: write, from: blog, suffix: " by {{ post.author }}"}', feeds="signed"),
    mended=sample('signed: {kind: write, from: blog, text: "{{ post.text }} by {{ post.author }}"}', feeds="signed"),
)
TOO_OFTEN = Rule(
    code="CH113",
    title="Asked too often",
    explanation="A source names the shortest time between two polls that its platform bears.",
    remedy="Give `every:` at least the time that the finding names.",
    failing=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 1s}"),
    mended=sample(source="blog: {kind: feed, url: https://example.org/feed, every: 5m}"),
)

RULES = (
    UNKNOWN_KEY,
    MISSING_KEY,
    UNKNOWN_KIND,
    WRONG_ROLE,
    BAD_NAME,
    SAME_NAME,
    BAD_VALUE,
    BAD_DURATION,
    BAD_TIME,
    BAD_PATTERN,
    BAD_TEMPLATE,
    NOT_FILLED,
    TOO_OFTEN,
)
