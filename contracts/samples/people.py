"""The parties of the samples, and the shorthand that the samples are written in."""

from contracts.payloads import BankAccount, Locale, Money, Party, Signer


def dkk(kroner: int, oere: int = 0) -> Money:
    """An amount in kroner and øre; øre take the sign of the kroner."""
    sign = -1 if kroner < 0 else 1
    return {"amount_minor": kroner * 100 + sign * oere, "currency": "DKK"}


def pick(locale: Locale, english: str, danish: str) -> str:
    """The text in the language of the document."""
    return danish if locale == "da" else english


def practice(locale: Locale) -> Party:
    """The supplier of every sample."""
    return {
        "name": "Nørrebæk Design & Kode",
        "registration": "CVR 41 52 63 74",
        "address_lines": [
            "Mejlgade 48, 2.",
            pick(locale, "8000 Aarhus C, Denmark", "8000 Aarhus C"),
        ],
        "email": "signe@noerrebaek.example",
        "phone": "+45 86 00 00 12",
        "represented_by": "Signe Nørrebæk Holm",
    }


def client(locale: Locale) -> Party:
    """The client of every sample."""
    return {
        "name": "Fjordbakken Møbler ApS",
        "registration": "CVR 38 27 16 05",
        "address_lines": [
            "Havnevej 7",
            pick(locale, "8400 Ebeltoft, Denmark", "8400 Ebeltoft"),
        ],
        "email": "karen@fjordbakken.example",
        "phone": "+45 86 00 00 34",
        "represented_by": "Karen Ågård Sørensen",
    }


def signers(locale: Locale) -> list[Signer]:
    """One signer for each side."""
    return [
        {
            "party_name": "Nørrebæk Design & Kode",
            "signer_name": "Signe Nørrebæk Holm",
            "signer_title": pick(locale, "owner", "indehaver"),
        },
        {
            "party_name": "Fjordbakken Møbler ApS",
            "signer_name": "Karen Ågård Sørensen",
            "signer_title": pick(locale, "managing director", "direktør"),
        },
    ]


def bank() -> BankAccount:
    """The supplier's account for client money."""
    return {
        "bank_name": "Djurs & Omegns Andelskasse",
        "account": "0040 0440116243",
        "iban": "DK50 0040 0440 1162 43",
        "bic": "DJOADK22",
    }
