"""What readers take for one character, and which of those are emoji.

The sequences of emoji are those that Unicode recommends for general interchange (Unicode 17.0, emoji-sequences.txt and
emoji-zwj-sequences.txt, https://www.unicode.org/Public/emoji/latest/, read 2026-11-22), by what they are made of. Any
other chain of pictures is as many emoji as it has pictures.
"""

from __future__ import annotations

from typing import Final

import regex

# A flag is taken by itself: to tell the pairs of a long row of them, \X would count back to its beginning each time.
GRAPHEME: Final = regex.compile(r"\p{RI}\p{RI}?+[\p{GCB=Extend}\p{GCB=SpacingMark}\u200d]*+|\X")
"""One character as readers see it (Unicode Standard Annex 29)."""

_JOIN = r"\u200d"
_FACE = r"\ufe0f"  # asks for the picture where a sign has a form in text too
_SKIN = r"[\U0001f3fb-\U0001f3ff]"
_ADULT = r"[\U0001f468\U0001f469\U0001f9d1]"
_PERSON = rf"{_ADULT}{_SKIN}?+"
_GENDER = rf"{_JOIN}[\u2640\u2642]{_FACE}"
_TO_RIGHT = rf"{_JOIN}\u27a1{_FACE}"

# A man, a woman or a person with a trade, a hair or an aid.
_ROLE = (
    rf"{_PERSON}{_JOIN}(?:[\u2695\u2696\u2708]{_FACE}|[\U0001f33e\U0001f373\U0001f37c\U0001f393\U0001f3a4\U0001f3a8"
    rf"\U0001f3eb\U0001f3ed\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680\U0001f692\U0001f9b0-\U0001f9b3\U0001fa70]"
    rf"|[\U0001f9af\U0001f9bc\U0001f9bd](?:{_TO_RIGHT})?+)|\U0001f9d1{_SKIN}?+{_JOIN}\U0001f384"
)
# Two who kiss, love, hold hands, wrestle or dance, and families.
_PAIR = (
    rf"{_PERSON}{_JOIN}(?:\u2764{_FACE}{_JOIN}(?:\U0001f48b{_JOIN})?+|\U0001f91d{_JOIN}|\U0001f430{_JOIN}|\U0001faef"
    rf"{_JOIN}){_PERSON}|\U0001faf1{_SKIN}{_JOIN}\U0001faf2{_SKIN}"
)
_FAMILY = (
    rf"[\U0001f468\U0001f469](?:{_JOIN}[\U0001f468\U0001f469])?+{_JOIN}[\U0001f466\U0001f467](?:{_JOIN}[\U0001f466"
    rf"\U0001f467])?+|\U0001f9d1(?:{_JOIN}\U0001f9d1)?+{_JOIN}\U0001f9d2(?:{_JOIN}\U0001f9d2)?+"
)
# Those who do something, as a man or a woman, and some of them to the right.
_DOING = (
    rf"(?:[\U0001f3c3\U0001f6b6\U0001f9ce]{_SKIN}?+(?:{_GENDER})?+{_TO_RIGHT}|(?:[\U0001f3c3\U0001f3c4\U0001f3ca"
    r"\U0001f46e\U0001f46f\U0001f470\U0001f471\U0001f473\U0001f477\U0001f481\U0001f482\U0001f486\U0001f487\U0001f645-"
    r"\U0001f647\U0001f64b\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f926\U0001f935\U0001f937-\U0001f939"
    r"\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf\U0001f9d4\U0001f9d6-\U0001f9df]"
    rf"{_SKIN}?+|[\u26f9\U0001f3cb\U0001f3cc\U0001f575](?:{_SKIN}|{_FACE})){_GENDER})"
)
_OTHERS = (
    rf"\U0001f3f3{_FACE}{_JOIN}(?:\U0001f308|\u26a7{_FACE})|\U0001f3f4{_JOIN}\u2620{_FACE}|\U0001f441{_FACE}?+{_JOIN}"
    rf"\U0001f5e8{_FACE}?+|\u2764{_FACE}{_JOIN}[\U0001f525\U0001fa79]|\U0001f415{_JOIN}\U0001f9ba|\U0001f408{_JOIN}"
    rf"\u2b1b|\U0001f426{_JOIN}(?:\u2b1b|\U0001f525)|\U0001f43b{_JOIN}\u2744{_FACE}|\U0001f62e{_JOIN}\U0001f4a8|"
    rf"\U0001f635{_JOIN}\U0001f4ab|\U0001f636{_JOIN}\U0001f32b{_FACE}|\U0001f642{_JOIN}[\u2194\u2195]{_FACE}|"
    rf"\U0001f34b{_JOIN}\U0001f7e9|\U0001f344{_JOIN}\U0001f7eb|\u26d3{_FACE}{_JOIN}\U0001f4a5"
)
_KEYCAP = rf"[0-9#*]{_FACE}?+\u20e3"
_COUNTRIES: Final = """
AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO
JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA
SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
_FLAGS = frozenset(
    pair.translate({letter: letter - ord("A") + 0x1F1E6 for letter in range(65, 91)}) for pair in _COUNTRIES.split()
)
_REGION = (
    r"\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|"
    r"\U000e0077\U000e006c\U000e0073)\U000e007f"
)
_ONE = (
    rf"\p{{Emoji_Modifier_Base}}{_SKIN}|(?![0-9#*]|\p{{Emoji_Presentation}})\p{{Emoji}}{_FACE}|\p{{Emoji_Presentation}}"
)

EMOJI: Final = regex.compile(
    rf"{_KEYCAP}|(?=[\xa9\xae\u203c-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001faff])"
    rf"(?:{_ROLE}|{_PAIR}|{_FAMILY}|{_DOING}|{_OTHERS}|\L<countries>|{_REGION}|{_ONE})",
    countries=_FLAGS,
)
"""One emoji as readers see it. A sign that is drawn as text, such as ☺ or ©, is one only with U+FE0F behind it."""
