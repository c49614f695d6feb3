"""Acme and its people, with their accounts at each network. All of it is sample data; ids never change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in at a network; `headline` is what stands below the name."""

    key: str
    name: str
    headline: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account at one network; `person` is the key of whose it is, "" for the company's own.

    `managers` are the keys of the people who act as the company; an account without them signs in by itself.
    """

    id: str
    name: str
    headline: str = ""
    handle: str = ""
    person: str = ""
    managers: tuple[str, ...] = ()


PEOPLE: Final = (
    Person("lea", "Léa Martin", "Wind turbine technician at Acme"),
    Person("karim", "Karim Benali", "Sales, Acme · open water swimmer"),
    Person("ines", "Inès Roussel", "Marine biologist at Acme"),
    Person("omar", "Omar Haddad", "Accountant at Acme"),
    Person("nadia", "Nadia Kaci", "Communications, Acme"),
)
_COMPANY: Final = "Wind, waves and the people who work with them"

PAGE: Final = "107385921840613"
"""Acme's Facebook page."""
ORGANIZATION: Final = "urn:li:organization:9172604"
"""Acme's LinkedIn page."""
COMPANY_ON_X: Final = "1471209385512767493"
"""Acme's X account."""

_IDS: Final = {
    "lea": ("10220418839264711", "urn:li:person:lEa7Mx2kQp", "1503948812764213248", "lea_martin"),
    "karim": ("10219774105528390", "urn:li:person:kR9mB4nTzd", "1288410973355622401", "karimbenali"),
    "ines": ("10221950337714268", "urn:li:person:1nEsR0u5Wv", "1610035527741894656", "ines_sous_l_eau"),
    "omar": ("10218663092847155", "urn:li:person:0mRhD8yLce", "1190772836401553408", "omar_haddad"),
    "nadia": ("10222317740091836", "urn:li:person:nD1aKc6Jfu", "1342208856117977088", "nadiakaci"),
}


def facebook_accounts() -> tuple[Account, ...]:
    """Return the page, and the people who sign in to act for it; their own timelines take no posts of others."""
    page = Account(PAGE, "Acme", _COMPANY, "acme", managers=("nadia",))
    return (page, *(Account(_IDS[one.key][0], one.name, one.headline, person=one.key) for one in PEOPLE))


def linkedin_accounts() -> tuple[Account, ...]:
    """Return the company's page and everybody's profile, by their URNs."""
    company = Account(ORGANIZATION, "Acme", _COMPANY, "acme", managers=("nadia",))
    return (company, *(Account(_IDS[one.key][1], one.name, one.headline, person=one.key) for one in PEOPLE))


def x_accounts() -> tuple[Account, ...]:
    """Return the company's account and everybody's, by their numbers."""
    company = Account(COMPANY_ON_X, "Acme", _COMPANY, "acme")
    own = (Account(_IDS[one.key][2], one.name, one.headline, _IDS[one.key][3], one.key) for one in PEOPLE)
    return (company, *own)
