"""The operators that ship with Chappe: `ALL` is the list, and what is on it is under the conformance checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mappings.operators.approve import Approve
from mappings.operators.delay import Delay
from mappings.operators.digest import Digest
from mappings.operators.link import Link
from mappings.operators.media import Media
from mappings.operators.once import Once
from mappings.operators.pace import Pace
from mappings.operators.route import Route
from mappings.operators.sample import Sample
from mappings.operators.sieve import Drop, Keep
from mappings.operators.slots import Slots
from mappings.operators.steady import Steady
from mappings.operators.tank import Tank
from mappings.operators.translate_terms import TranslateTerms
from mappings.operators.write import Write

if TYPE_CHECKING:
    from engine.contract.operator import Operator

ALL: Final[tuple[type[Operator[Any]], ...]] = (
    Keep,
    Drop,
    Route,
    Write,
    Link,
    Media,
    TranslateTerms,
    Sample,
    Steady,
    Slots,
    Pace,
    Delay,
    Tank,
    Once,
    Digest,
    Approve,
)
