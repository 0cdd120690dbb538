"""The words of the pages, in English and Danish. A test proves that both have the same entries."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "services_contract": "Services contract",
        "policies": "Policies and procedures",
        "change_order": "Change order",
        "retainer_agreement": "Retainer agreement",
        "prepayment_invoice": "Prepayment invoice",
        "refund_memo": "Refund memo",
        "statement_of_account": "Statement of account",
        "act_services_contract": "Sign the contract",
        "act_policies": "Accept the policies",
        "act_change_order": "Approve the change",
        "act_retainer_agreement": "Sign the agreement",
        "act": "Sign the document",
        "skip": "Skip to the signature",
        "jump": "Go to the signature",
        "document": "The document",
        "wide_table": "Table; if it is wider than the screen, scroll it sideways",
        "wide_picture": "Picture of the plan; if it is wider than the screen, scroll it sideways",
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
        "APPROVAL_NEEDS_MORE_SIGNERS": "A change of this size needs more signatures than were asked for. Nothing was signed; you will be sent a new offer.",
        "APPROVAL_NEEDS_ROLE": "A change of this size needs the signature of somebody else as well. Nothing was signed; you will be sent a new offer.",
        "CONTINGENCY_EXCEEDED": "The figures of this change no longer hold. Nothing was signed; you will be sent a new offer.",
        "DRAW_EXCEEDS_CHANGE": "The figures of this change no longer hold. Nothing was signed; you will be sent a new offer.",
        "OUT_OF_RANGE": "The figures of this change no longer hold. Nothing was signed; you will be sent a new offer.",
        "SUMS_DISAGREE": "The figures of this change no longer hold. Nothing was signed; you will be sent a new offer.",
        "COUNTRY_UNKNOWN": "The working days of this change cannot be worked out. Nothing was signed; you will be sent a new offer.",
        "REGION_UNKNOWN": "The working days of this change cannot be worked out. Nothing was signed; you will be sent a new offer.",
        "delivery_title": "Delivery: {engagement}",
        "delivery_hello": "Dear {name},",
        "delivery_ask": "{practice} handed this over on {date}. Please test it until {until} (that day included), and say of each item whether it meets what was agreed.",
        "delivery_ask_open": "{practice} handed this over on {date}. Please test it, and say of each item whether it meets what was agreed.",
        "delivery_told": "{practice} handed this over on {date}.",
        "delivery_silence": "What nothing is said about until {until} counts as accepted the day after, under clause {clause} of the contract.",
        "delivery_note": "What {practice} says about it",
        "delivery_item": "Item {item}",
        "delivery_round": "round {number}",
        "delivery_criteria": "Accepted when",
        "delivery_no_criteria": "No criteria were agreed for this item.",
        "delivery_tested": "I have tested this, and it meets what was agreed.",
        "delivery_accept": "Accept {item}",
        "delivery_accept_hint": "What is accepted can be invoiced, and stays accepted.",
        "delivery_reject_heading": "It departs from what was agreed",
        "delivery_reject_hint": "Write beside each criterion that is not met where it is not. Wishes that go beyond the criteria are welcome as a change; ask {practice} for one.",
        "delivery_not_met": "Where is this not met? “{criterion}”",
        "delivery_text": "Anything else that departs from what was agreed",
        "delivery_text_only": "Where does it depart from what was agreed?",
        "delivery_reject": "Reject {item}",
        "delivery_rounds_left": "{practice} then corrects it without charge, and you have {days} working days anew to test it (clause {clause} of the contract).",
        "delivery_rounds_none": "This was the last round of correction. If you reject it, you may keep it at a reduced fee, or have the further rights of clause {clause} of the contract.",
        "delivery_rounds_open": "{practice} then corrects it and hands it over again.",
        "delivery_accepted": "Accepted on {on}. Thank you.",
        "delivery_deemed": "The test period ended on {until} without objection, so this counts as accepted from {on} (clause {clause} of the contract).",
        "delivery_ended": "The test period ended on {until} without objection, so this counts as accepted (clause {clause} of the contract).",
        "delivery_rejected": "Rejected on {on}. {practice} corrects it and hands it over again.",
        "delivery_rejected_final": "Rejected on {on}, after the last round of correction. {practice} will call you about what happens now.",
        "delivery_withdrawn": "{practice} has withdrawn this. You need not test it now.",
        "delivery_lapsed": "What was agreed has changed meanwhile. {practice} will hand it over again.",
        "delivery_objection": "The objection:",
        "delivery_answered": "Everything here is answered. You need do nothing more.",
        "NOT_TESTED": "Please tick the box if you have tested it and accept it.",
        "REASON_MISSING": "Please say which criterion is not met, and where.",
        "CRITERION_UNKNOWN": "The criteria have changed meanwhile. Please read the page again.",
        "TOO_MANY_REASONS": "At most 100 reasons at a time.",
        "TEST_PERIOD_ENDED": "The test period has ended, so this counts as accepted. Please talk to the person who sent you the link.",
        "ALREADY_ACCEPTED": "This is accepted already.",
        "DELIVERY_DECIDED": "This was answered or withdrawn meanwhile. Please read the page again.",
        "ITEM_NOT_FOUND": "This is no longer part of the work. Please ask the person who sent you the link.",
        "ITEM_IS_SUMMARY": "This was divided into parts meanwhile. Please ask the person who sent you the link.",
        "DATE_ORDER": "That day does not fit. Please ask the person who sent you the link.",
        "DATE_OUT_OF_RANGE": "That day does not fit. Please ask the person who sent you the link.",
        "FORBIDDEN": "This belongs to another client. Please ask the person who sent you the link.",
        "FORM_TOO_LARGE": "What was sent is too large.",
    },
    "da": {
        "services_contract": "Kontrakt",
        "policies": "Retningslinjer og procedurer",
        "change_order": "Ændringsordre",
        "retainer_agreement": "Aftale om forudbetaling",
        "prepayment_invoice": "Faktura for forudbetaling",
        "refund_memo": "Notat om tilbagebetaling",
        "statement_of_account": "Kontoudtog",
        "act_services_contract": "Underskriv kontrakten",
        "act_policies": "Acceptér retningslinjerne",
        "act_change_order": "Godkend ændringen",
        "act_retainer_agreement": "Underskriv aftalen",
        "act": "Underskriv dokumentet",
        "skip": "Gå til underskriften",
        "jump": "Gå til underskriften",
        "document": "Dokumentet",
        "wide_table": "Tabel; er den bredere end skærmen, kan den rulles sidelæns",
        "wide_picture": "Billede af planen; er det bredere end skærmen, kan det rulles sidelæns",
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
        "APPROVAL_NEEDS_MORE_SIGNERS": "En ændring af denne størrelse kræver flere underskrifter, end der er bedt om. Intet er underskrevet; du får et nyt tilbud.",
        "APPROVAL_NEEDS_ROLE": "En ændring af denne størrelse kræver også en andens underskrift. Intet er underskrevet; du får et nyt tilbud.",
        "CONTINGENCY_EXCEEDED": "Tallene i denne ændring gælder ikke længere. Intet er underskrevet; du får et nyt tilbud.",
        "DRAW_EXCEEDS_CHANGE": "Tallene i denne ændring gælder ikke længere. Intet er underskrevet; du får et nyt tilbud.",
        "OUT_OF_RANGE": "Tallene i denne ændring gælder ikke længere. Intet er underskrevet; du får et nyt tilbud.",
        "SUMS_DISAGREE": "Tallene i denne ændring gælder ikke længere. Intet er underskrevet; du får et nyt tilbud.",
        "COUNTRY_UNKNOWN": "Arbejdsdagene i denne ændring kan ikke beregnes. Intet er underskrevet; du får et nyt tilbud.",
        "REGION_UNKNOWN": "Arbejdsdagene i denne ændring kan ikke beregnes. Intet er underskrevet; du får et nyt tilbud.",
        "delivery_title": "Levering: {engagement}",
        "delivery_hello": "Kære {name}",
        "delivery_ask": "{practice} afleverede dette den {date}. Afprøv det venligst til og med den {until}, og sig for hver ydelse, om den svarer til det aftalte.",
        "delivery_ask_open": "{practice} afleverede dette den {date}. Afprøv det venligst, og sig for hver ydelse, om den svarer til det aftalte.",
        "delivery_told": "{practice} afleverede dette den {date}.",
        "delivery_silence": "Det, der ikke er sagt noget om senest den {until}, anses for godkendt dagen efter, jf. punkt {clause} i kontrakten.",
        "delivery_note": "Det siger {practice} om det",
        "delivery_item": "Ydelse {item}",
        "delivery_round": "runde {number}",
        "delivery_criteria": "Godkendes, når",
        "delivery_no_criteria": "Der er ikke aftalt kriterier for denne ydelse.",
        "delivery_tested": "Jeg har afprøvet dette, og det svarer til det aftalte.",
        "delivery_accept": "Godkend {item}",
        "delivery_accept_hint": "Det, der er godkendt, kan faktureres, og godkendelsen står ved magt.",
        "delivery_reject_heading": "Det afviger fra det aftalte",
        "delivery_reject_hint": "Skriv ved hvert kriterium, der ikke er opfyldt, hvor det ikke er det. Ønsker, der går ud over kriterierne, er velkomne som en ændring; bed {practice} om en.",
        "delivery_not_met": "Hvor er dette ikke opfyldt? »{criterion}«",
        "delivery_text": "Andet, der afviger fra det aftalte",
        "delivery_text_only": "Hvor afviger det fra det aftalte?",
        "delivery_reject": "Afvis {item}",
        "delivery_rounds_left": "{practice} retter det derefter uden beregning, og du har igen {days} arbejdsdage til at afprøve det (punkt {clause} i kontrakten).",
        "delivery_rounds_none": "Dette var den sidste runde rettelser. Afviser du det, kan du beholde det mod et afslag i honoraret eller har de øvrige rettigheder efter punkt {clause} i kontrakten.",
        "delivery_rounds_open": "{practice} retter det derefter og afleverer det igen.",
        "delivery_accepted": "Godkendt den {on}. Tak.",
        "delivery_deemed": "Afprøvningsperioden udløb den {until} uden indsigelse, så dette anses for godkendt fra den {on} (punkt {clause} i kontrakten).",
        "delivery_ended": "Afprøvningsperioden udløb den {until} uden indsigelse, så dette anses for godkendt (punkt {clause} i kontrakten).",
        "delivery_rejected": "Afvist den {on}. {practice} retter det og afleverer det igen.",
        "delivery_rejected_final": "Afvist den {on} efter sidste runde rettelser. {practice} ringer til dig om, hvad der nu skal ske.",
        "delivery_withdrawn": "{practice} har trukket dette tilbage. Du behøver ikke afprøve det nu.",
        "delivery_lapsed": "Det aftalte er ændret i mellemtiden. {practice} afleverer det igen.",
        "delivery_objection": "Indsigelsen:",
        "delivery_answered": "Alt her er besvaret. Du behøver ikke gøre mere.",
        "NOT_TESTED": "Sæt venligst kryds, hvis du har afprøvet det og godkender det.",
        "REASON_MISSING": "Skriv venligst, hvilket kriterium der ikke er opfyldt, og hvor.",
        "CRITERION_UNKNOWN": "Kriterierne er ændret i mellemtiden. Læs venligst siden igen.",
        "TOO_MANY_REASONS": "Højst 100 begrundelser ad gangen.",
        "TEST_PERIOD_ENDED": "Afprøvningsperioden er udløbet, så dette anses for godkendt. Tal venligst med den, der sendte dig linket.",
        "ALREADY_ACCEPTED": "Dette er allerede godkendt.",
        "DELIVERY_DECIDED": "Dette er besvaret eller trukket tilbage i mellemtiden. Læs venligst siden igen.",
        "ITEM_NOT_FOUND": "Dette er ikke længere en del af arbejdet. Spørg venligst den, der sendte dig linket.",
        "ITEM_IS_SUMMARY": "Dette er delt op i mellemtiden. Spørg venligst den, der sendte dig linket.",
        "DATE_ORDER": "Den dag passer ikke. Spørg venligst den, der sendte dig linket.",
        "DATE_OUT_OF_RANGE": "Den dag passer ikke. Spørg venligst den, der sendte dig linket.",
        "FORBIDDEN": "Dette hører til en anden kunde. Spørg venligst den, der sendte dig linket.",
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


def calendar_day(locale: str, value: date) -> str:
    """A date as people write it."""
    return format_date(value, "long", locale=_babel(locale))


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
