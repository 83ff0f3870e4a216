"""The countries that an order can go to, by their two letters.

Source: the Admin API's CountryCode, 2026-07 (ISO 3166-1, and Shopify's AC, TA, XK).
"""

from __future__ import annotations

_ALL = """
AC AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC
NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PS PT PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK
SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VN
VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ALL.split())
#: Groups that may stand for their members.
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
#: The member states of the European Union (since 2020-02-01).
GROUPS = {"EU": frozenset(_EU.split())}
#: What people write for a country that has other letters.
_MEANT = {"UK": "GB", "EL": "GR", "EN": "GB", "USA": "US"}


def known(code: str) -> bool:
    """Is it a country, or a group of countries?"""
    return code.upper() in COUNTRIES or code.upper() in GROUPS


def meant(code: str) -> str:
    """The two letters of what people write for a country; empty when nothing comes to mind."""
    return _MEANT.get(code.upper(), "")
