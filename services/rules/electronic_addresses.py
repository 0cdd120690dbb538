"""What is written about a party for electronic invoices: VAT number, electronic address, postal address in parts, IBAN."""

import re
from typing import Final

from services.rules.errors import InvalidInput
from services.rules.text import clean_text

_VAT: Final = re.compile(r"[A-Z]{2}[A-Z0-9+*.]{2,16}", re.ASCII)
_SCHEME: Final = re.compile(r"[0-9]{4}|[A-Z]{2}", re.ASCII)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


def check_einvoice_parts(
    *,
    vat_number: str,
    endpoint_id: str,
    endpoint_scheme: str,
    street: str,
    postal_code: str,
    city: str,
) -> dict[str, str]:
    """The parts cleaned; every one may be empty.

    A VAT number begins with its country; an electronic address and its scheme (CEF EAS, such as 0184 or 0088) go together. Raises
    InvalidInput (VAT_NUMBER, ENDPOINT, TEXT_…).
    """
    vat = vat_number.replace(" ", "").upper()
    if vat and not _VAT.fullmatch(vat):
        raise InvalidInput(
            "A VAT number begins with its country, as in DK12345674.",
            code="VAT_NUMBER",
            field="vatNumber",
        )
    endpoint = clean_text(endpoint_id, "endpointId", max_length=60, required=False)
    if bool(endpoint) != bool(endpoint_scheme) or (
        endpoint_scheme and not _SCHEME.fullmatch(endpoint_scheme)
    ):
        raise InvalidInput(
            "An electronic address has a scheme of four digits (CEF EAS), as in 0184.",
            code="ENDPOINT",
            field="endpointScheme",
        )
    return {
        "vat_number": vat,
        "endpoint_id": endpoint,
        "endpoint_scheme": endpoint_scheme,
        "street": clean_text(street, "street", max_length=200, required=False),
        "postal_code": clean_text(postal_code, "postalCode", max_length=20, required=False),
        "city": clean_text(city, "city", max_length=100, required=False),
    }


def check_iban(text: str) -> str:
    """An IBAN without blanks, or nothing. Raises InvalidInput (IBAN): also where its check digits are wrong (ISO 7064 mod 97)."""
    iban = text.replace(" ", "").upper()
    if not iban:
        return ""
    turned = iban[4:] + iban[:4]
    if not _IBAN.fullmatch(iban) or int("".join(str(int(each, 36)) for each in turned)) % 97 != 1:
        raise InvalidInput("This is not an IBAN.", code="IBAN", field="iban")
    return iban
