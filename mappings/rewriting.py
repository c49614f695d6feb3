"""A text in other words, by a language model that speaks OpenAI's chat completions.

Many services and servers of one's own speak them: `POST {url}/chat/completions` with a model and messages, answered by
`choices[0].message.content` (https://platform.openai.com/docs/api-reference/chat, read 2026-11-22). What comes back is
text like any other that a stranger wrote: a person reads it before anybody else does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, ValidationError

from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.secret import SecretRef, secret_name
from engine.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.context import Http

KEY: Final = "rewrite"
_CUT: Final = "length"
_READ: Final = 1_000_000

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Rewrite(NodeConfig):
    """Who rewrites, and how."""

    url: HttpUrl = Field(
        title="URL", description="The base of an OpenAI-compatible service, such as https://llm.acme.example/v1."
    )
    model: Annotated[Line, StringConstraints(max_length=200)] = Field(title="Model", description="The model's name.")
    instruction: Annotated[Line, StringConstraints(max_length=4_000)] = Field(
        title="Instruction", description="What is to be done with the text, such as: Make it two short sentences."
    )
    secret: SecretRef | None = Field(
        default=None, title="Secret", description="secret://NAME: the key of the service, where it wants one."
    )

    @property
    def host(self) -> str:
        """Return whom the words are sent to."""
        return urlsplit(str(self.url)).hostname or ""

    def secrets(self) -> Mapping[str, str]:
        """Return the secret that is sent with a request."""
        return {KEY: secret_name(self.secret)} if self.secret else {}


class _Message(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]


async def rewritten(rewrite: Rewrite, text: str, http: Http, secrets: Mapping[str, str]) -> str:
    """Return the text in other words; raise TransientError or RejectedError in a sentence where there are none."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if KEY in secrets:
        headers["Authorization"] = f"Bearer {secrets[KEY]}"
    asked = {
        "model": rewrite.model,
        "messages": [{"role": "system", "content": rewrite.instruction}, {"role": "user", "content": text}],
    }
    address = f"{str(rewrite.url).rstrip('/')}/chat/completions"
    answer = await http.fetch("POST", address, headers=headers, content=json.dumps(asked).encode(), max_bytes=_READ)
    return words_of(answer.body)


def words_of(body: bytes) -> str:
    """Return the words of an answer; raise TransientError, RejectedError in a sentence where it has none of use."""
    try:
        choice = _Completion.model_validate_json(body).choices[0]
    except ValidationError:
        raise TransientError("The service's answer is no chat completion.") from None
    words = (choice.message.content or "").replace("\x00", "").strip()
    if not words:
        raise TransientError("The service answered without any words.")
    if choice.finish_reason == _CUT:
        raise RejectedError("The service cut its answer off in the middle.", code="cut")
    if len(words) > MOST:
        raise RejectedError(f"The service's answer is longer than {MOST:,} characters.", code="too_long")
    return words
