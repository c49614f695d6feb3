"""CH001 to CH010: the file cannot be read, or has something that a mapping never has."""

from __future__ import annotations

from mappings.findings import Rule
from mappings.rules.sample import sample

NO_TEXT = Rule(
    code="CH001",
    title="Not a text",
    explanation="A mapping is a text file in UTF-8, without control characters.",
    remedy="Save the file with the encoding UTF-8, and delete the character that the finding names.",
    failing=sample(title="Company\x07 news"),
    mended=sample(title="Company news"),
)
TOO_LARGE = Rule(
    code="CH002",
    title="Too large",
    explanation="A mapping has at most 256 kB: more than a thousand nodes.",
    remedy="Split it up: several mappings may read the same source, which is polled once for all of them.",
    failing=sample(),
    mended=sample(),
    filler=256_000,
)
SYNTAX = Rule(
    code="CH003",
    title="Not YAML",
    explanation="The file is not valid YAML, so nothing of it can be read from this place on.",
    remedy="Check the indentation, the brackets and the quotes around the place that the finding names.",
    failing=sample(title='"Company news'),
    mended=sample(title='"Company news"'),
)
TOO_DEEP = Rule(
    code="CH004",
    title="Nested too deeply",
    explanation="Values are nested at most 20 levels deep.",
    remedy="Make it flatter: conditions that are nested deeply are better spread over several nodes.",
    failing=sample(f"filter: {{kind: keep, from: blog, {'all: [{' * 9}language: fr{'}]' * 9}}}", feeds="filter"),
    mended=sample("filter: {kind: keep, from: blog, all: [{language: fr}]}", feeds="filter"),
)
ALIAS = Rule(
    code="CH005",
    title="Repeated by reference",
    explanation="Anchors (&name), aliases (*name) and merge keys (<<) are not read: what a node does must stand in it, "
    "and a few lines of them can grow to gigabytes.",
    remedy="Write the value out where it is needed.",
    failing=sample("filter: &same {kind: keep, from: blog, language: fr}", feeds="filter"),
    mended=sample("filter: {kind: keep, from: blog, language: fr}", feeds="filter"),
)
TWICE = Rule(
    code="CH006",
    title="The same key twice",
    explanation="A key stands once in a mapping; with two of them it is not clear which one counts.",
    remedy="Keep one of them, or give the second its own name.",
    failing=sample("filter: {kind: keep, from: blog, language: fr, language: en}", feeds="filter"),
    mended=sample("filter: {kind: keep, from: blog, language: [fr, en]}", feeds="filter"),
)
TAG = Rule(
    code="CH007",
    title="A tag",
    explanation="Values have no tags such as !!str or !!python/object: what a value is follows from where it stands.",
    remedy="Leave the tag out. For a text that looks like a number use quotes.",
    failing=sample(title="!!str 2026"),
    mended=sample(title='"2026"'),
)
NO_MAPPING = Rule(
    code="CH008",
    title="Not one mapping",
    explanation="A file holds one document of keys and values: one mapping.",
    remedy="Begin with `mapping: NAME`, and give each mapping its own file.",
    failing="- news\n",
    mended=sample(),
)
BAD_KEY = Rule(
    code="CH009",
    title="A key that is no word",
    explanation="Keys are words. YAML reads an unquoted {{ … }} as a mapping within a mapping, and so as a key.",
    remedy="Put a text with {{ }} in quotes.",
    failing=sample("signed: {kind: write, from: blog, text: {{ post.text }}}", feeds="signed"),
    mended=sample('signed: {kind: write, from: blog, text: "{{ post.text }}"}', feeds="signed"),
)
PARAMETER = Rule(
    code="CH010",
    title="A parameter without a value",
    explanation="${NAME} in a text is a parameter; its value is given beside the mapping, for example one for each "
    "customer. It is put in after the file was read, so that a value can be any text.",
    remedy="Give the parameter a value, or a `default:` under `parameters:`; or write `$${` where the characters "
    "themselves are meant.",
    failing=sample(title="News of ${COMPANY}"),
    mended=sample(title="News of Acme"),
)

RULES = (NO_TEXT, TOO_LARGE, SYNTAX, TOO_DEEP, ALIAS, TWICE, TAG, NO_MAPPING, BAD_KEY, PARAMETER)
