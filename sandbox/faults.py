"""Ways to misbehave as they are written down: which requests they concern, and what becomes of those."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Turn(BaseModel):
    """What every fault has: it lasts so many requests, or until it is taken away when `times` is null.

    `commit` says whether what was asked is done before the answer goes wrong; `delay` is seconds before anything else
    happens, and a fault of its own.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    commit: bool = True
    status: int = Field(default=503, ge=300, le=599)
    delay: float = Field(default=0.0, ge=0, le=600)
    retry_after: int | None = Field(default=None, ge=0, le=86_400)
    times: int | None = Field(default=1, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _waits(self) -> Self:
        if self.kind == "delay" and not self.delay:
            raise ValueError("A delay needs `delay`, in seconds.")
        return self


class Fault(Turn):
    """A fault of a receiver.

    Kinds: `delay` answers well, but late; `reset` breaks the connection off; `status` answers `status`; `limit` answers
    429, with Retry-After where `retry_after` is given; `html` answers an error page; `garbage` answers what is not
    HTTP; `half` ends in the middle of the answer.
    """

    kind: Literal["delay", "reset", "status", "limit", "html", "garbage", "half"]


class NetworkFault(Turn):
    """A fault of a network, for one operation or all, and for one account or all; the first `after` requests go well.

    Kinds beyond a receiver's: `nonsense` answers 200 with what is not JSON; `error` answers the network's own error of
    the name `error` (Facebook: `190/460`; each network's module lists its names); `revoke` lets the tokens of the
    account die of `error` before the request is looked at.
    """

    kind: Literal["delay", "reset", "status", "limit", "html", "garbage", "half", "nonsense", "error", "revoke"]
    operation: str = Field(default="", max_length=64)
    account: str = Field(default="", max_length=128)
    after: int = Field(default=0, ge=0, le=1_000_000)
    error: str = Field(default="", max_length=64)

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.kind == "error" and not self.error:
            raise ValueError("An error needs `error`, its name at the network.")
        return self

    def concerns(self, operation: str, account: str) -> bool:
        """Tell whether a request is one of those that this fault waits for."""
        return self.operation in {"", operation} and self.account in {"", account}


class Faults:
    """The faults of a network, in the order in which they have their turn."""

    def __init__(self) -> None:
        self.scripted: list[NetworkFault] = []

    def next(self, operation: str, account: str) -> NetworkFault | None:
        """Return the fault of this request, and count the request for every fault that still waits for its own."""
        due, left = None, []
        for fault in self.scripted:
            if not fault.concerns(operation, account):
                left.append(fault)
            elif fault.after:
                left.append(fault.model_copy(update={"after": fault.after - 1}))
            elif due is not None or fault.times is None:
                left.append(fault)
                due = due or fault
            else:
                due = fault
                if fault.times > 1:
                    left.append(fault.model_copy(update={"times": fault.times - 1}))
        self.scripted = left
        return due
