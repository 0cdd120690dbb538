"""The words of the pages, in English and Danish. A test proves that both have the same entries."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_datetime

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "services_contract": "Services contract",
        "policies": "Policies and procedures",
        "change_order": "Change order",
        "retainer_agreement": "Retainer agreement",
        "refund_memo": "Refund memo",
        "act_services_contract": "Sign the contract",
        "act_policies": "Accept the policies",
        "act_change_order": "Approve the change",
        "act_retainer_agreement": "Sign the agreement",
        "skip": "Skip to the signature",
        "from": "From {practice} to {client}",
        "version": "version {number}",
        "hello": "Dear {name},",
        "ask": "please read this document. If you agree, sign at the end of the page before {date}.",
        "download": "Download the Word file that you sign",
        "fingerprint": "Fingerprint (SHA-256) of that file",
        "why_fingerprint": "Anyone who holds the file can compute this number and see that not a letter was changed.",
        "sign_heading": "Your signature",
        "your_name": "Your full name",
        "name_hint": "Typed here, it counts as your signature.",
        "decline_heading": "I do not agree",
        "decline_hint": "Nothing is signed then. What you write goes to {practice}.",
        "decline_reason": "Why not?",
        "decline": "Decline",
        "signers": "Who signs",
        "pending": "not yet",
        "signed": "signed {when}",
        "declined": "declined",
        "practice": "for {practice}",
        "client": "for {client}",
        "done_completed": "Signed by everyone. Thank you, {name}.",
        "done_signed": "You have signed. Thank you, {name}. We wait for the others.",
        "done_declined": "This was declined: {reason}",
        "done_expired": "The time to sign ended on {date}. Ask {practice} for a new link.",
        "done_voided": "{practice} has withdrawn this document.",
        "keep": "Keep your copy: the file below is the very file that was signed.",
        "error_heading": "That did not work",
        "gone": "This link does not work",
        "gone_more": "It may be incomplete, or a newer one was sent to you. Ask the person who sent it for a new link.",
        "broken": "Something went wrong on our side",
        "broken_more": "Nothing was changed. Please try again; if it stays so, tell us this number: {id}",
        "back": "Back to the document",
        "REQUIRED": "Please fill this in.",
        "TEXT_INVALID": "This holds a character that cannot be printed.",
        "TEXT_TOO_LONG": "This is too long.",
        "CONSENT": "Please tick the box if you agree.",
        "FINGERPRINT_MISMATCH": "This is no longer the document that was shown. Please read the page again.",
        "CONSENT_STALE": "The wording of the consent has changed meanwhile. Please read it again.",
        "ENVELOPE_CLOSED": "This document is closed already.",
        "ENVELOPE_EXPIRED": "The time to sign has ended.",
        "ALREADY_SIGNED": "You have signed already.",
        "STALE_BASE": "Another change was approved meanwhile, so these figures are out of date. A new offer will be sent.",
        "STALE_PREVIEW": "The figures have changed since this was sent. A new offer will be sent.",
    },
    "da": {
        "services_contract": "Kontrakt",
        "policies": "Retningslinjer og procedurer",
        "change_order": "Ændringsordre",
        "retainer_agreement": "Aftale om forudbetaling",
        "refund_memo": "Tilbagebetaling",
        "act_services_contract": "Underskriv kontrakten",
        "act_policies": "Acceptér retningslinjerne",
        "act_change_order": "Godkend ændringen",
        "act_retainer_agreement": "Underskriv aftalen",
        "skip": "Gå til underskriften",
        "from": "Fra {practice} til {client}",
        "version": "version {number}",
        "hello": "Kære {name}",
        "ask": "Læs venligst dokumentet. Er du enig, så underskriv nederst på siden inden {date}.",
        "download": "Hent den Word-fil, du underskriver",
        "fingerprint": "Filens fingeraftryk (SHA-256)",
        "why_fingerprint": "Enhver, der har filen, kan beregne dette tal og se, at ikke et bogstav er ændret.",
        "sign_heading": "Din underskrift",
        "your_name": "Dit fulde navn",
        "name_hint": "Skrevet her gælder det som din underskrift.",
        "decline_heading": "Jeg er ikke enig",
        "decline_hint": "Så underskrives intet. Det, du skriver, sendes til {practice}.",
        "decline_reason": "Hvorfor ikke?",
        "decline": "Afvis",
        "signers": "Hvem underskriver",
        "pending": "ikke endnu",
        "signed": "underskrev {when}",
        "declined": "afviste",
        "practice": "for {practice}",
        "client": "for {client}",
        "done_completed": "Alle har underskrevet. Tak, {name}.",
        "done_signed": "Du har underskrevet. Tak, {name}. Vi venter på de andre.",
        "done_declined": "Dokumentet blev afvist: {reason}",
        "done_expired": "Fristen for underskrift udløb den {date}. Bed {practice} om et nyt link.",
        "done_voided": "{practice} har trukket dokumentet tilbage.",
        "keep": "Gem din kopi: filen nedenfor er netop den fil, der blev underskrevet.",
        "error_heading": "Det gik ikke",
        "gone": "Linket virker ikke",
        "gone_more": "Måske er det ikke helt med, eller også har du fået et nyere. Bed afsenderen om et nyt link.",
        "broken": "Noget gik galt hos os",
        "broken_more": "Intet er ændret. Prøv igen; hvis det fortsætter, så oplys dette nummer: {id}",
        "back": "Tilbage til dokumentet",
        "REQUIRED": "Udfyld venligst feltet.",
        "TEXT_INVALID": "Teksten har et tegn, der ikke kan skrives ud.",
        "TEXT_TOO_LONG": "Teksten er for lang.",
        "CONSENT": "Sæt venligst kryds, hvis du er enig.",
        "FINGERPRINT_MISMATCH": "Dette er ikke længere det dokument, der blev vist. Læs venligst siden igen.",
        "CONSENT_STALE": "Ordlyden af samtykket er ændret imens. Læs det venligst igen.",
        "ENVELOPE_CLOSED": "Dokumentet er allerede lukket.",
        "ENVELOPE_EXPIRED": "Fristen for underskrift er udløbet.",
        "ALREADY_SIGNED": "Du har allerede underskrevet.",
        "STALE_BASE": "En anden ændring er godkendt imens, så tallene her gælder ikke længere. Du får et nyt tilbud.",
        "STALE_PREVIEW": "Tallene har ændret sig, siden dette blev sendt. Du får et nyt tilbud.",
    },
}

LOCALES: Final = ("en", "da")


def text(locale: str, key: str, **values: str) -> str:
    """The words of one entry. Raises `KeyError` for an entry that is none."""
    return TEXTS[locale][key].format(**values)


def day(locale: str, value: date | datetime) -> str:
    """A date as people write it."""
    return format_date(value, "long", locale=_babel(locale))


def moment(locale: str, value: datetime) -> str:
    """An instant, in UTC, as people write it."""
    return f"{format_datetime(value, 'd. MMMM y HH:mm' if locale == 'da' else 'd MMMM y HH:mm', locale=_babel(locale))} UTC"


def _babel(locale: str) -> str:
    return {"en": "en_GB", "da": "da_DK"}[locale]


def preferred(accept_language: str) -> str:
    """The locale for somebody of whom only the browser's wish is known."""
    for wish in accept_language.split(","):
        language = wish.split(";")[0].strip().lower()[:2]
        if language in LOCALES:
            return language
        if language in {"no", "nb", "nn", "sv"}:
            return "da"
    return "en"
