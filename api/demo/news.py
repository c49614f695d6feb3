"""What the company publishes in the demo: posts of its page, and entries of its blog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LUNCH = frozenset({"lunch", "cantine"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that the company published. `shared` says whether the mapping lets it through.

    `mark` tells it from others wherever it stands: an entry's key, or words of a page's post. `link` is a path of the
    company's site; `pictures` are a name and what can be seen on it.
    """

    origin: Literal["page", "blog"]
    title: str
    mark: str
    shared: bool = True
    text: str = ""
    link: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()


JOB = Piece(
    "page",
    "Alternance en communication",
    "Écrire court et juste",
    text=(
        "Écrire court et juste, ça s’apprend chez nous : nous cherchons notre alternant·e en communication, à Nantes, "
        "dès septembre.\n\n#recrutement #alternance"
    ),
    link="jobs/alternance-com",
)
BUOY = Piece(
    "page",
    "Nérée, 200 jours en mer",
    "Nérée, notre bouée",
    text=(
        "Nérée, notre bouée autonome, vient de passer son deux-centième jour en mer. 🌊 Houle, courant, température : "
        "toutes les dix minutes, et pour tout le monde.\n\n#océan #opendata"
    ),
    pictures=(
        ("acme/neree", "La bouée Nérée au large, au coucher du soleil"),
        ("acme/nantes", "Le quai d’où part le bateau"),
        ("acme/energie", "Les panneaux solaires qui la font vivre"),
    ),
)
MENU = Piece(
    "page",
    "À la cantine : galettes",
    "galettes bretonnes",
    shared=False,
    text="À la cantine : galettes bretonnes 🥞 Service dès 11 h 45.\n\n#cantine",
)
TURBINE = Piece(
    "page",
    "Technicien·ne éolien (H/F)",
    "Vous n’avez pas le vertige",
    text=(
        "Vous n’avez pas le vertige ? Nous recrutons un·e technicien·ne éolien (H/F) à Saint-Nazaire. 🌬️\n\n"
        "#recrutement #éolien"
    ),
    pictures=(("acme/podcast", "Une éolienne en mer, à l’aube"),),
)
PODCAST = Piece(
    "page",
    "Le podcast est de retour",
    "Notre podcast est de retour",
    text=(
        "Notre podcast est de retour : on y parle du vent, des pales, et de celles et ceux qui grimpent. 🎙️\n\n#éolien"
    ),
    link="podcast/12",
)
SITE = Piece(
    "blog",
    "Un·e chef·fe de chantier à Gand",
    "tag:acme.example,2026:gand",
    text="Vous aimez la mer, le vent et les équipes qui rient ? Venez poser des éoliennes avec nous.",
    tags=("recrutement", "Gand"),
)
BEFORE = (JOB, BUOY, MENU)
"""What stands on the page already when Chappe begins to read it."""
