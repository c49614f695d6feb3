"""Mails over a real SMTP server: what each of its answers means."""

from __future__ import annotations

import datetime as dt
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import AccountLostError, RejectedError, TransientError
from engine.mailer import Letter, compose
from engine.model.address import named, read_address, read_sender
from engine.model.mail_server import MailServer
from tests.peers.smtp_server import TAKEN, post_office

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)
LEA = named("Léa Martin", "lea@acme.example")


def letter(subject: str = "Bonjour Léa", html: str = "<p>Été</p>") -> Letter:
    return Letter("01", LEA, subject, "Été\n", html, {"List-Unsubscribe": "<https://chappe.example/m/x>"})


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with post_office() as office:
        assert await office.mailer().post(letter(), NOW) == TAKEN.removeprefix("250 ")

    (mail,) = office.mails
    plain, html = mail.iter_parts()
    assert str(mail["To"]) == "Léa Martin <lea@acme.example>"
    assert str(mail["Subject"]) == "Bonjour Léa"
    assert mail["Message-ID"] == "<01@acme.example>"
    assert mail["List-Unsubscribe"] == "<https://chappe.example/m/x>"
    assert [part.get_content().strip() for part in (plain, html)] == ["Été", "<p>Été</p>"]


@pytest.mark.parametrize(
    ("refusals", "answers", "means", "says"),
    [
        (["550 5.1.1 nobody here"], [], RejectedError, "refuses mail to lea@acme.example: “550 5.1.1 nobody here”"),
        (["451 4.7.1 Greylisted"], [], TransientError, "come again later: “451 4.7.1 Greylisted”"),
        ([], ["554 5.6.0 spam"], RejectedError, "554 5.6.0 spam"),
        ([], ["452 4.3.1 full"], TransientError, "452 4.3.1 full"),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(
    refusals: list[str], answers: list[str], means: type[Exception], says: str
) -> None:
    async with post_office() as office:
        office.refusals, office.answers = refusals, answers
        with pytest.raises(means, match=says):
            await office.mailer().post(letter(), NOW)

    assert office.mails == []


async def test_who_is_away_or_silent_is_asked_again() -> None:
    async with post_office() as office:
        office.stalls = True
        with pytest.raises(TransientError, match="did not answer in time"):
            await office.mailer(seconds=0.05).post(letter(), NOW)
    with pytest.raises(TransientError, match="could not be reached"):
        await office.mailer().post(letter(), NOW)


async def test_a_greeting_waits_no_longer_than_it_may() -> None:
    async with post_office() as office:
        assert await office.mailer().greet(5.0) == "mx.acme.example"
        with pytest.raises(TransientError, match="did not answer in time"):
            await office.mailer().greet(0.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.acme.example")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).add_extension(here, critical=False)
    made = made.not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    signed = made.not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC)).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "mx.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    return path


async def test_a_password_goes_out_encrypted_alone(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    url = "smtp://acme:s%3Ae%2Fc@127.0.0.1:{port}?tls=starttls"
    async with post_office(serving, signs_in=True) as office:
        await office.mailer(url, tls=trusting).post(letter(), NOW)
        assert await office.mailer(url, tls=trusting).greet(5.0) == "mx.acme.example"
        assert office.encrypted == [True]

        with pytest.raises(AccountLostError, match=r"does not serve us: “535.*CHAPPE_SMTP_URL"):
            await office.mailer(url.replace("s%3A", "t%3A"), tls=trusting).greet(5.0)
        with pytest.raises(AccountLostError, match="certificate that nobody trusts"):
            await office.mailer(url, tls=ssl.create_default_context()).post(letter(), NOW)
    async with post_office() as office:
        with pytest.raises(AccountLostError, match="lacks what we need"):
            await office.mailer(url, tls=trusting).post(letter(), NOW)

    assert office.mails == []


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mx.acme.example", MailServer("mx.acme.example", 587, "starttls")),
        ("smtps://lea:p%40ss@mx.acme.example", MailServer("mx.acme.example", 465, "implicit", "lea", "p@ss")),
        ("smtp://localhost", MailServer("localhost", 25, "no")),
        ("smtp://[::1]:2525", MailServer("::1", 2525, "no")),
        ("smtp://mx.acme.example:25?tls=no", MailServer("mx.acme.example", 25, "no")),
    ],
)
def test_an_address_of_a_server_is_read(url: str, read: MailServer) -> None:
    assert MailServer.parse(url) == read


def test_a_password_stands_in_no_text() -> None:
    assert "hush" not in repr(MailServer.parse("smtps://lea:hush@mx.acme.example"))
    for url in ("smtp://lea:hush@mx.acme.example?tls=no", "http://lea:hush@mx.acme.example", "smtp://lea:hush@mx:x"):
        with pytest.raises(ValueError, match=r".") as raised:
            MailServer.parse(url)
        assert "hush" not in str(raised.value)


NO_ADDRESSES = (
    "", "lea", "@acme.example", "lea@", "lea@acme..example", "a b@acme.example", "lea@acme.example@x",
    "lea@acme.example\nBcc: all@acme.example", "lea,leo@acme.example", "<lea@acme.example>", "lea@-acme.example",
    f"léa{64 * 'x'}@acme.example",
)  # fmt: skip


@pytest.mark.parametrize("wrong", NO_ADDRESSES)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        read_address(wrong)


def test_addresses_of_all_letters_are_read() -> None:
    assert read_address(" Léa.Martin@Büro.example ") == "Léa.Martin@xn--bro-hoa.example"
    assert str(read_sender('"Acme, Lyon" <chappe@acme.example>')) == '"Acme, Lyon" <chappe@acme.example>'


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_begins_a_header(name: str, subject: str) -> None:
    try:
        to = named(name, "lea@acme.example")
    except ValueError:
        return
    made = compose(Letter("01", to, subject, "x"), read_sender("chappe@acme.example"), NOW)

    lines = made.as_bytes().split(b"\r\n\r\n")[0].split(b"\r\n")
    names = {line.split(b":")[0] for line in lines if not line.startswith((b" ", b"\t"))}
    assert names == {b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version",
                     b"Content-Type", b"Content-Transfer-Encoding"}  # fmt: skip
