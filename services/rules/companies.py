"""How a company is named on paper."""

import re


def registration(country: str, number: str) -> str:
    """A company number as its country writes it: eight digits in Denmark become `CVR 41 52 63 74`, with the name of the
    register and in pairs (Erhvervsstyrelsen writes it so). Any other is left as it was given; empty stays empty.
    """
    digits = re.sub(r"[ .]", "", number).removeprefix("DK")
    if country == "DK" and re.fullmatch(r"[0-9]{8}", digits):
        return "CVR " + " ".join(re.findall("..", digits))
    return number
