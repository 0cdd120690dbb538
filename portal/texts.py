"""The words of the pages, in English and Danish. A test proves that both have the same entries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

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
        "act": "Sign the document",
        "skip": "Skip to the signature",
        "jump": "Go to the signature",
        "document": "The document",
        "wide_table": "Table; if it is wider than the screen, scroll it sideways",
        "from": "From {practice} to {client}",
        "version": "version {number}",
        "hello": "Dear {name},",
        "ask": "Please read this document. If you agree, sign at the end of the page before {date}.",
        "file_heading": "The file itself",
        "download": "Download the Word file that you sign",
        "download_signed": "Download the signed Word file",
        "fingerprint": "Its fingerprint (SHA-256):",
        "why_fingerprint": "Anyone who holds the file can compute this number and see that not a letter was changed.",
        "sign_heading": "Your signature",
        "your_name": "Your full name",
        "name_hint": "Typed here, it counts as your signature.",
        "decline_heading": "I do not agree",
        "decline_hint": "Nothing is signed then. What you write goes to {practice}.",
        "decline_reason": "Why not?",
        "decline": "Decline",
        "signers": "Who signs",
        "pending": "has not signed yet",
        "signed": "signed on {when}",
        "declined": "declined",
        "practice": "for {practice}",
        "client": "for {client}",
        "done_completed": "Signed by everyone. Thank you, {name}.",
        "done_signed": "You have signed. Thank you, {name}. The others have yet to sign.",
        "done_declined": "This was declined, with these words: {reason}",
        "done_declined_plain": "This was declined.",
        "done_expired": "The time to sign ended on {date}. Ask {practice} for a new link.",
        "done_voided": "{practice} has withdrawn this document.",
        "keep": "Keep a copy: this is the very file that was signed.",
        "private": "This link is personal. Please do not pass it on.",
        "error_heading": "That did not work",
        "error_title": "Please check: {title}",
        "gone": "This link does not work",
        "gone_more": "It may be incomplete, or a newer one was sent to you. Look for the latest mail, or ask the person who sent it for a new link.",
        "broken": "Something went wrong on our side",
        "broken_more": "Please open the link again: the page then tells whether what you did was kept. If it goes on, tell the person who sent you the link this number: {id}",
        "REFUSED": "That cannot be done as things stand, and nothing was signed. Please ask the person who sent you the link.",
        "REQUIRED": "Please fill this in.",
        "TEXT_INVALID": "This holds a character that cannot be printed.",
        "TEXT_TOO_LONG": "This is too long.",
        "CONSENT": "Please tick the box if you agree.",
        "FINGERPRINT": "This is no longer the document that was shown. Please read the page again.",
        "FINGERPRINT_MISMATCH": "This is no longer the document that was shown. Please read the page again.",
        "CONSENT_STALE": "The wording of the consent has changed meanwhile. Please read it again.",
        "CONSENT_UNKNOWN": "The wording of the consent has changed meanwhile. Please read it again.",
        "ENVELOPE_CLOSED": "This document is closed already.",
        "ENVELOPE_EXPIRED": "The time to sign has ended.",
        "ALREADY_SIGNED": "You have signed already.",
        "CHANGE_ORDER_EXPIRED": "This offer has run out. Nothing was signed; ask for a new one.",
        "CHANGE_ORDER_STATUS": "This change has been decided already. Nothing was signed.",
        "CONTRACT_DECIDED": "This contract has been decided already. Nothing was signed.",
        "ENGAGEMENT_NOT_ACTIVE": "The engagement that this belongs to is no longer open. Nothing was signed.",
        "NO_SCOPE_VERSION": "The engagement that this belongs to has no agreed scope yet. Nothing was signed.",
        "STALE_BASE": "Another change was approved meanwhile, so these figures no longer hold. Nothing was signed; you will be sent a new offer.",
        "STALE_PREVIEW": "The figures have changed since this was sent. Nothing was signed; you will be sent a new offer.",
        "FORM_TOO_LARGE": "What was sent is too large.",
    },
    "da": {
        "services_contract": "Kontrakt",
        "policies": "Retningslinjer og procedurer",
        "change_order": "Ændringsordre",
        "retainer_agreement": "Aftale om forudbetaling",
        "refund_memo": "Notat om tilbagebetaling",
        "act_services_contract": "Underskriv kontrakten",
        "act_policies": "Acceptér retningslinjerne",
        "act_change_order": "Godkend ændringen",
        "act_retainer_agreement": "Underskriv aftalen",
        "act": "Underskriv dokumentet",
        "skip": "Gå til underskriften",
        "jump": "Gå til underskriften",
        "document": "Dokumentet",
        "wide_table": "Tabel; er den bredere end skærmen, kan den rulles sidelæns",
        "from": "Fra {practice} til {client}",
        "version": "version {number}",
        "hello": "Kære {name}",
        "ask": "Læs venligst dokumentet. Er du enig, så underskriv nederst på siden inden den {date}.",
        "file_heading": "Selve filen",
        "download": "Hent den Word-fil, du skriver under på",
        "download_signed": "Hent den underskrevne Word-fil",
        "fingerprint": "Dens fingeraftryk (SHA-256):",
        "why_fingerprint": "Enhver, der har filen, kan beregne dette tal og se, at der ikke er ændret et eneste bogstav.",
        "sign_heading": "Din underskrift",
        "your_name": "Dit fulde navn",
        "name_hint": "Når du skriver det her, gælder det som din underskrift.",
        "decline_heading": "Jeg er ikke enig",
        "decline_hint": "Så bliver intet underskrevet. Det, du skriver, sendes til {practice}.",
        "decline_reason": "Hvorfor ikke?",
        "decline": "Afvis",
        "signers": "Hvem skriver under",
        "pending": "har ikke underskrevet endnu",
        "signed": "underskrev den {when}",
        "declined": "afviste",
        "practice": "for {practice}",
        "client": "for {client}",
        "done_completed": "Alle har underskrevet. Tak, {name}.",
        "done_signed": "Du har underskrevet. Tak, {name}. Vi venter på de øvrige.",
        "done_declined": "Dokumentet blev afvist med disse ord: {reason}",
        "done_declined_plain": "Dokumentet blev afvist.",
        "done_expired": "Fristen for underskrift udløb den {date}. Bed {practice} om et nyt link.",
        "done_voided": "{practice} har trukket dokumentet tilbage.",
        "keep": "Gem en kopi: det er netop den fil, der blev underskrevet.",
        "private": "Linket er personligt. Giv det venligst ikke videre.",
        "error_heading": "Det lykkedes ikke",
        "error_title": "Ret venligst: {title}",
        "gone": "Linket virker ikke",
        "gone_more": "Måske er det ikke kommet helt med, eller også har du fået et nyere. Se efter i den seneste mail, eller bed afsenderen om et nyt link.",
        "broken": "Noget gik galt hos os",
        "broken_more": "Åbn linket igen: siden viser, om det, du gjorde, blev gemt. Hvis det fortsætter, så oplys dette nummer til den, der sendte dig linket: {id}",
        "REFUSED": "Det kan ikke lade sig gøre, som det står nu, og intet er underskrevet. Spørg venligst den, der sendte dig linket.",
        "REQUIRED": "Udfyld venligst feltet.",
        "TEXT_INVALID": "Teksten har et tegn, der ikke kan skrives ud.",
        "TEXT_TOO_LONG": "Teksten er for lang.",
        "CONSENT": "Sæt venligst kryds, hvis du er enig.",
        "FINGERPRINT": "Dette er ikke længere det dokument, der blev vist. Læs venligst siden igen.",
        "FINGERPRINT_MISMATCH": "Dette er ikke længere det dokument, der blev vist. Læs venligst siden igen.",
        "CONSENT_STALE": "Samtykkets ordlyd er blevet ændret imens. Læs det venligst igen.",
        "CONSENT_UNKNOWN": "Samtykkets ordlyd er blevet ændret imens. Læs det venligst igen.",
        "ENVELOPE_CLOSED": "Dokumentet er allerede lukket.",
        "ENVELOPE_EXPIRED": "Fristen for underskrift er udløbet.",
        "ALREADY_SIGNED": "Du har allerede underskrevet.",
        "CHANGE_ORDER_EXPIRED": "Tilbuddet er udløbet. Intet er underskrevet; bed om et nyt.",
        "CHANGE_ORDER_STATUS": "Ændringen er allerede afgjort. Intet er underskrevet.",
        "CONTRACT_DECIDED": "Kontrakten er allerede afgjort. Intet er underskrevet.",
        "ENGAGEMENT_NOT_ACTIVE": "Den opgave, som dette hører til, er ikke længere åben. Intet er underskrevet.",
        "NO_SCOPE_VERSION": "Der er endnu ikke aftalt en ydelsesbeskrivelse for den opgave, som dette hører til. Intet er underskrevet.",
        "STALE_BASE": "En anden ændring er blevet godkendt imens, så tallene her gælder ikke længere. Intet er underskrevet; du får et nyt tilbud.",
        "STALE_PREVIEW": "Tallene har ændret sig, siden dette blev sendt. Intet er underskrevet; du får et nyt tilbud.",
        "FORM_TOO_LARGE": "Det afsendte er for stort.",
    },
}

LOCALES: Final = ("en", "da")


def text(locale: str, key: str, **values: str) -> str:
    """The words of one entry. Raises `KeyError` for an entry that is none."""
    return TEXTS[locale][key].format(**values)


def refusal(locale: str, code: str) -> str:
    """The words for a refusal; for one that no page expects, words that fit any."""
    words = TEXTS[locale]
    return words.get(code, words["REFUSED"])


def day(locale: str, value: datetime, timezone: str) -> str:
    """The date of an instant as people write it, in an IANA time zone."""
    return format_date(value.astimezone(ZoneInfo(timezone)), "long", locale=_babel(locale))


def moment(locale: str, value: datetime, timezone: str) -> str:
    """An instant as people write it, in an IANA time zone, which it names: the reader may live in another.

    The name is the database's own, such as CET; where it has none, the distance from UTC.
    """
    local = value.astimezone(ZoneInfo(timezone))
    name = local.strftime("%Z")
    pattern = "d. MMMM y 'kl.' HH.mm" if locale == "da" else "d MMMM y 'at' HH:mm"
    written = format_datetime(local, pattern, locale=_babel(locale))
    return f"{written} {name if name.isalpha() else f'UTC{name}'}"


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
