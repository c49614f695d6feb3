"""`translate_terms`: words, replaced by those of a glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, StringConstraints

from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.operator import Operator, Pass
from engine.errors import MappingError
from engine.model.text import HASHTAG
from mappings.fields import refusal
from mappings.findings import clipped
from mappings.glossary import LONGEST, Glossary, fixed_in, parts_of

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post

_MOST_TERMS: Final = 500


def _term(value: str) -> str:
    parts = parts_of(value.strip())
    if not parts:
        raise refusal("term", "A term is a word or several: this one is empty.")
    if len(parts) > LONGEST:
        raise refusal("term", f"“{clipped(value)}” is too long: a term has six words at most.")
    if fixed_in(value):
        sentence = "has an address, a hashtag or a mention in it: those are not replaced"
        raise refusal("term", f"“{clipped(value)}” {sentence}.")
    return value.strip()


Term = Annotated[str, StringConstraints(max_length=200), AfterValidator(_term)]


class Config(NodeConfig):
    """The glossary, and where it holds."""

    terms: dict[Term, Annotated[str, StringConstraints(max_length=500)]] = Field(
        min_length=1,
        max_length=_MOST_TERMS,
        title="Terms",
        description="Words and what stands in their place, such as `job: emploi`; a term has six words at most.",
    )
    case_sensitive: bool = Field(
        default=False, title="Case sensitive", description="Whether a term is found only as it is written here."
    )
    hashtags: bool = Field(
        default=False, title="Hashtags", description="Whether a hashtag that is a term is replaced, too."
    )


class TranslateTerms(Operator[Config]):
    """Replace words in a post's text and title by those of a glossary.

    Whole words are found: letters, digits and _ make a word, everything else parts it. Of two terms that begin at the
    same place the longer one counts, and what was put in is not looked at again. White space between words counts as
    one blank.

    Case does not count for finding, and is kept: JOB becomes EMPLOI, Job becomes Emploi, and a term that stands in the
    text as it stands in the glossary becomes just what is written there. Addresses, of pages and of mail, and mentions
    are never touched, hashtags only with `hashtags: true`, and then as a whole. A text that would become empty, or
    longer than 10,000 characters, is not written: the post ends here with the reason in its trace.
    """

    kind = "translate_terms"
    title = "Translate terms"
    icon = "languages"
    example: ClassVar = {"terms": {"job offer": "offre d'emploi", "job": "emploi", "Acme Corp.": "Acme"}}

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._glossary = Glossary(config.terms, case_sensitive=config.case_sensitive, hashtags=config.hashtags)

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through in the words of the glossary; a changed copy only where something differs."""
        update: dict[str, object] = {}
        for name, said in (("text", post.text), ("title", post.title)):
            words = self._glossary.applied(said)
            if said.strip() and not words.strip():
                raise MappingError(f"{ctx.node} would leave nothing of the {name}.")
            if len(words) > max(MOST, len(said)):
                raise MappingError(f"{ctx.node} would make the {name} longer than {MOST:,} characters.")
            if words != said:
                update[name] = words
        tags = tuple(self._tag(tag) for tag in post.hashtags)
        if tags != post.hashtags:
            update["hashtags"] = tuple(dict.fromkeys(tags))
        return Pass(post.model_copy(update=update) if update else post)

    def _tag(self, tag: str) -> str:
        changed = self._glossary.applied(f"#{tag}")
        return changed[1:] if HASHTAG.fullmatch(changed) else tag
