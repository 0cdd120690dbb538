"""The sample of policies and procedures."""

from contracts.payloads import Locale, PoliciesPayload
from contracts.samples.people import client, pick, practice, signers


def policies(locale: Locale) -> PoliciesPayload:
    """Rules for work in person, by telephone and online."""

    def t(english: str, danish: str) -> str:
        return pick(locale, english, danish)

    return {
        "document": {"number": "RP-3", "version": 3, "issued_on": "2026-11-16"},
        "practice": practice(locale),
        "client": client(locale),
        "effective_on": "2026-11-23",
        "introduction": t(
            "Good work comes easily when both sides know what to expect. Please read this through once; it takes five minutes.",
            "Godt arbejde går let, når begge parter ved, hvad de kan vente. Læs det igennem én gang; det tager fem minutter.",
        ),
        "categories": [
            {
                "name": t("Calls and meetings", "Opkald og møder"),
                "introduction": t(
                    "For telephone, online and in-person appointments alike.",
                    "Gælder for aftaler pr. telefon, online og ved fremmøde.",
                ),
                "rules": [
                    {
                        "code": t("CALL-1", "OPK-1"),
                        "title": t("We call you", "Vi ringer til jer"),
                        "text": t("Unless the invitation says otherwise, we call at the agreed time, on the number in the invitation.", "Medmindre andet står i indkaldelsen, ringer vi på det aftalte tidspunkt på det nummer, der står i den."),
                    },
                    {
                        "code": t("CALL-2", "OPK-2"),
                        "title": t("Fifteen minutes’ grace", "Et kvarters tålmodighed"),
                        "text": t("If one side has not appeared after 15 minutes without word, the appointment is lost.", "Er den ene part ikke mødt efter 15 minutter uden at give besked, er aftalen forspildt."),
                        "consequence": t("the time set aside, at most one hour, is invoiced; if it was us, the next hour is free.", "den afsatte tid, højst en time, faktureres; var det os, er den næste time gratis."),
                    },
                    {
                        "code": t("CALL-3", "OPK-3"),
                        "title": t("Moving an appointment", "Flytning af en aftale"),
                        "text": t("Tell us by noon on the working day before, and it costs nothing.", "Sig til senest kl. 12 arbejdsdagen før, så koster det ikke noget."),
                    },
                ],
            },
            {
                "name": t("Answers and approvals", "Svar og godkendelser"),
                "rules": [
                    {
                        "code": t("REPLY-1", "SVAR-1"),
                        "title": t("Our response time", "Vores svartid"),
                        "text": t("We answer on working days within one working day. Urgent matters: please telephone.", "Vi svarer på arbejdsdage inden for en arbejdsdag. Haster det, så ring."),
                    },
                    {
                        "code": t("REPLY-2", "SVAR-2"),
                        "title": t("Your response time", "Jeres svartid"),
                        "text": t("Questions that hold up the work are answered within three working days.", "Spørgsmål, der holder arbejdet op, besvares inden tre arbejdsdage."),
                        "consequence": t("the dates of the work move by the same number of working days.", "arbejdets datoer rykkes med det samme antal arbejdsdage."),
                    },
                    {
                        "code": t("REPLY-3", "SVAR-3"),
                        "title": t("One voice", "Én stemme"),
                        "text": t("You collect your comments and send them as one list, so that no two of them contradict each other.", "I samler jeres kommentarer og sender dem som én liste, så ingen af dem modsiger hinanden."),
                    },
                ],
            },
            {
                "name": t("Changes", "Ændringer"),
                "rules": [
                    {
                        "code": t("CHANGE-1", "ÆND-1"),
                        "title": t("Every wish gets an answer", "Ethvert ønske får et svar"),
                        "text": t("You get a change order with the price and the new date within three working days. We begin when you have signed it.", "I får en ændringsordre med pris og ny dato inden tre arbejdsdage. Vi begynder, når I har underskrevet den."),
                    },
                ],
            },
            {
                "name": t("Payment", "Betaling"),
                "rules": [
                    {
                        "code": t("PAY-1", "BET-1"),
                        "title": t("On time", "Til tiden"),
                        "text": t("Invoices are due 14 days from their date.", "Fakturaer forfalder 14 dage efter fakturadatoen."),
                        "consequence": t("a reminder, then interest and reminder fees as the contract says, then suspension of work.", "en påmindelse, derefter morarente og rykkergebyr efter kontrakten, derefter standsning af arbejdet."),
                    },
                    {
                        "code": t("PAY-2", "BET-2"),
                        "title": t("Disagree early", "Sig fra i tide"),
                        "text": t("If something on an invoice is wrong, call us before it is due; we put it right the same week.", "Er der noget galt på en faktura, så ring, før den forfalder; vi retter det samme uge."),
                    },
                ],
            },
            {
                "name": t("When something goes wrong", "Når noget går galt"),
                "rules": [
                    {
                        "code": t("HELP-1", "HJÆLP-1"),
                        "title": t("We talk first", "Vi taler sammen først"),
                        "text": t("Problems are discussed on the telephone, not in long e-mails. Whoever sees one first, calls.", "Problemer tager vi i telefonen, ikke i lange mails. Den, der først ser et, ringer."),
                    },
                    {
                        "code": t("HELP-2", "HJÆLP-2"),
                        "title": t("Delays are told beforehand", "Forsinkelser meldes før tid"),
                        "text": t("If we cannot keep a date, you hear it before the date, with the cause and a new one.", "Kan vi ikke holde en dato, hører I det inden datoen med årsag og ny dato."),
                    },
                ],
            },
        ],
        "signatures": signers(locale),
    }  # fmt: skip
