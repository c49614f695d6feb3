"""A secret among settings is a name: what is not one is refused without being quoted."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from engine.contract.node import NodeConfig
from engine.contract.secret import SecretRef, secret_name


class Settings(NodeConfig):
    token: SecretRef = Field(description="A token.")


@pytest.mark.parametrize("reference", ["secret://hooks", "secret://Acme-1.token_2", "secret://" + "a" * 64])
def test_a_reference_names_its_secret(reference: str) -> None:
    assert secret_name(Settings(token=reference).token) == reference.removeprefix("secret://")


NO_NAMES = ["hunter2-hunter2", "secret:// x", "secret://-x", "secret://a/b", "SECRET://a", "secret://" + "a" * 65]


@pytest.mark.parametrize("written", NO_NAMES)
def test_anything_else_is_refused_with_advice_and_not_quoted(written: str) -> None:
    with pytest.raises(ValidationError, match="chappe secrets set") as refused:
        Settings.model_validate({"token": written})

    assert written not in str(refused.value)


def test_the_schema_tells_a_form_to_offer_the_secrets() -> None:
    schema = Settings.model_json_schema()["properties"]["token"]

    assert schema["format"] == "secret"
    assert schema["pattern"].startswith("^secret://")
