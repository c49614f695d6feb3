"""`translate_terms`: words, replaced by those of a glossary; and the whole text rewritten, if a person says yes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.operator import Found, Hold, LookingOperator, Pass, Release, Wait
from engine.errors import ChappeError, MappingError, TransientError
from engine.model.rewording import reworded
from engine.model.text import HASHTAG
from mappings.fields import refusal
from mappings.findings import clipped
from mappings.glossary import LONGEST, Glossary, fixed_in, parts_of
from mappings.looking import SOONEST, next_look
from mappings.operators.approve import told
from mappings.rewriting import Rewrite, rewritten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from engine.contract.context import LookContext, WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

_MOST_TERMS: Final = 500
_ASKS: Final = "Waits for an editor's decision."
_MEANWHILE: Final = "It is tried again; an editor may decide about the words as they stand."
_LOOK_AGAIN: Final = timedelta(days=30)


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
    """The glossary, and where it holds; and who rewrites the text behind it."""

    terms: dict[Term, Annotated[str, StringConstraints(max_length=500)]] = Field(
        default={},
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
    rewrite: Rewrite | None = Field(
        default=None,
        title="Rewrite",
        description="A service that puts the whole text into other words; an editor decides about each of them.",
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.terms and self.rewrite is None:
            raise ValueError("This changes nothing. Say at least one of `terms:` or `rewrite:`.")
        return self


class TranslateTerms(LookingOperator[Config]):
    """Replace words in a post's text and title by those of a glossary.

    Whole words are found: letters, digits and _ make a word, everything else parts it. Of two terms that begin at the
    same place the longer one counts, and what was put in is not looked at again. White space between words counts as
    one blank.

    Case does not count for finding, and is kept: JOB becomes EMPLOI, Job becomes Emploi, and a term that stands in the
    text as it stands in the glossary becomes just what is written there. Addresses, of pages and of mail, and mentions
    are never touched, hashtags only with `hashtags: true`, and then as a whole. A text that would become empty, or
    longer than 10,000 characters, is not written: the post ends here with the reason in its trace.

    With `rewrite:` a post that has a text waits here, its text is sent to the service that is named, and what comes
    back takes the text's place. Then an editor approves, changes or rejects it, as at `approve`: nothing that was
    rewritten goes on without a person's yes. While the service fails, the post waits with the reason, and it is asked
    again after one minute, two, four, and so on up to 30; meanwhile an editor may decide about the words as they stand,
    or change them, and then the service is not asked any more.
    """

    kind = "translate_terms"
    title = "Translate terms"
    icon = "languages"
    example: ClassVar = {"terms": {"job offer": "offre d'emploi", "job": "emploi", "Acme Corp.": "Acme"}}

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._glossary = Glossary(config.terms, case_sensitive=config.case_sensitive, hashtags=config.hashtags)
        self.holds = self.asks_person = config.rewrite is not None

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
        changed = post.model_copy(update=update) if update else post
        if self.config.rewrite is None or not changed.text.strip():
            return Pass(changed)
        return Hold("Waits to be rewritten, and then for an editor's decision.", changed)

    def secrets(self) -> Mapping[str, str]:
        """Return the key of the service that rewrites."""
        return self.config.rewrite.secrets() if self.config.rewrite is not None else {}

    def looks(self, one: Held, now: datetime) -> bool:
        """Tell whether the service is to be asked (again)."""
        again = next_look(one, now) if self.config.rewrite is not None else None
        return again is not None and again <= now

    async def look(self, post: Post, ctx: LookContext) -> Found:
        """Have the text rewritten; what stood in the former words and was known of the post follows the new ones."""
        rewrite = self.config.rewrite
        if rewrite is None:
            return Found(post, _ASKS)
        try:
            words = await rewritten(rewrite, post.text, ctx.http, ctx.secrets)
        except ChappeError as error:
            raise TransientError(f"It could not be rewritten. {error} {_MEANWHILE}") from error
        return Found(reworded(post, text=words), f"Rewritten by {rewrite.model} at {rewrite.host}. {_ASKS}")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let go what an editor approved, and end what one rejected; nothing else ever goes on."""
        reasons = {one.id: told(one.verdict) for one in held if one.verdict is not None}
        goes = [one.id for one in held if one.verdict is not None and one.verdict.yes]
        ends = [one.id for one in held if one.verdict is not None and not one.verdict.yes]
        again = [next_look(one, ctx.now) for one in held if one.verdict is None]
        until = min((max(at, ctx.now + SOONEST) for at in again if at is not None), default=ctx.now + _LOOK_AGAIN)
        if reasons:
            return Release(tuple(goes), drop=tuple(ends), until=until, reasons=reasons)
        return Wait(until)

    def _tag(self, tag: str) -> str:
        changed = self._glossary.applied(f"#{tag}")
        return changed[1:] if HASHTAG.fullmatch(changed) else tag
