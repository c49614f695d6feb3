"""Fixtures: given posts in a file beside a mapping, each by its name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import MappingError
from mappings.cases import GivenPost
from mappings.findings import FindingsError, did_you_mean, there_are
from mappings.reading.loading import load
from mappings.refusals import remark_refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mappings.rehearsal.given import Fixtures

ENDING: Final = ".fixtures.yaml"
"""What the names of files with fixtures end in: no such file is taken for a mapping."""


class FixtureFile(BaseModel):
    """A file of posts by their names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fixtures: dict[str, GivenPost] = Field(description="Posts by their names.")


def beside(file: Path) -> Fixtures:
    """Return what reads the fixtures that a mapping names as FILE#NAME, from where the mapping stands."""

    def read(name: str) -> GivenPost:
        path, mark, key = name.partition("#")
        if not mark or not path or not key:
            raise MappingError(f"“{name}” names no fixture: write FILE#NAME, such as news{ENDING}#job-offer.")
        folder = file.parent.resolve()
        whole = (folder / path).resolve()
        if not path.endswith(ENDING) or not whole.is_relative_to(folder):
            raise MappingError(
                f"Fixtures stand in a file beside the mapping whose name ends in {ENDING}, not in {path}."
            )
        posts = _read(whole, whole.stat().st_mtime_ns) if whole.is_file() else None
        if posts is None:
            raise MappingError(
                f"There is no file {path} beside {file.name}: `chappe capture` writes one of real posts."
            )
        if key not in posts:
            advice = did_you_mean(key, posts) or there_are(list(posts))
            raise MappingError(f"{path} has no fixture {key}.{advice}")
        return posts[key]

    return read


def written(posts: Mapping[str, GivenPost]) -> str:
    """Return the text of a file of fixtures."""
    data = {name: _escaped(post.model_dump(mode="json", exclude_unset=True)) for name, post in posts.items()}
    return yaml.safe_dump({"fixtures": data}, sort_keys=False, allow_unicode=True, width=120)


def known(text: str, file: str) -> dict[str, GivenPost]:
    """Return the posts of a file of fixtures; raises FindingsError with everything that is wrong with it."""
    loaded = load(text, file)
    if loaded.data is not None:
        try:
            return FixtureFile.model_validate(loaded.data).fixtures
        except ValidationError as error:
            remark_refused(loaded, error, FixtureFile, owner="a file of fixtures")
    raise FindingsError(loaded.findings)


def _escaped(value: Any) -> Any:
    """Return plain data in whose texts `${` stands for itself."""
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> dict[str, GivenPost]:
    del changed
    return known(file.read_text(encoding="utf-8"), str(file))
