"""Texts that software gets wrong, by what is odd about them; each is a whole post, fitted for every network."""

from __future__ import annotations

from typing import Final

FAMILY: Final = "👩\u200d👩\u200d👧\u200d👦"
"""Seven code points, eleven units of UTF-16, one emoji."""

TEXTS: Final = {
    "emoji of families": f"{FAMILY} Notre équipe 👨🏽\u200d🚒 🏳️\u200d🌈 🇫🇷 1️⃣ {FAMILY}",
    "right to left": "مرحبا بكم في أكمي 2026, \u2067שלום לכולם\u2069!",  # noqa: RUF001  # Hebrew, as it is written
    "zero width": "Ac\u200bme\u200c \u200dand\u2060 joined",
    "signs": "a*b_c~d [e] (f) {g} <h> @i |j| k\\l #m",
    "markup": "<b>R&D</b> &amp; more: 50% + 1 = ½ \"quoted\" 'twice' &lt;3",
    "form and address": "x=1&y=2%20z+3;#top ?q=a",
    "lines": "First line\n\nThird line, after an empty one",
    "combining": "Cafe\u0301 de\u0301ja\u0300 vu, n\u0303 and Å",
    "hashtags and names": "With #wind_energy and #été, by @lea",
}
