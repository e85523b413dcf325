"""Each recognizer: valid, near-miss and bad-checksum rows. All values are invented or documentary."""

from __future__ import annotations

from functools import lru_cache

import pytest

from pii_rules.recognizers.base import ScanRecognizer
from pii_rules.recognizers.registry import (
    RegistryFaults,
    load_registry,
    recognizer_classes,
    registry_text,
)
from pii_rules.recognizers.scan import TextScan
from pipelines.privacy.detector import PresidioDetector

FOUND = {
    "EMAIL": [
        ("mail jan.devries+werk@sub.example.nl vandaag", "jan.devries+werk@sub.example.nl"),
        ("<a_b@example.com>", "a_b@example.com"),
        ("adres: o'neil@example.org.", "o'neil@example.org"),
        ("stuur naar jan at example punt nl", "jan at example punt nl"),
        ("jan.vries [at] example.nl", "jan.vries [at] example.nl"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("köln@münchen.example", "köln@münchen.example"), ("jan at gmail", "jan at gmail"), ("eva dot smit at example dot com", "eva dot smit at example dot com"),
        ("eva underscore smit at mail dot acme dash shop dot co dot uk", "eva underscore smit at mail dot acme dash shop dot co dot uk"),
        ("mail naar eva.smit@gmail .com", "eva.smit@gmail .com"), ("eva.smit@hotmail,com", "eva.smit@hotmail,com"), ("email is evasmit@ziggo", "evasmit@ziggo"),
        ("e-mail eva_smit(at)example.nl", "eva_smit(at)example.nl"), ("eva-smit apestaart kpnmail punt nl", "eva-smit apestaart kpnmail punt nl")],
    "PHONE": [
        ("bel 06-12345678 graag", "06-12345678"),
        ("bel 06 12 34 56 78", "06 12 34 56 78"),
        ("+31 (0)6 1234 5678 is mobiel", "+31 (0)6 1234 5678"),
        ("tel. 020-1234567", "020-1234567"),
        ("0031612345678", "0031612345678"),
        ("gsm 0470/12.34.56", "0470/12.34.56"),
        ("+32 470 12 34 56", "+32 470 12 34 56"),
        ("call +44 20 7946 0958", "+44 20 7946 0958"),
        ("mobiel 612345678", "612345678"),
        ("call me on 450 0840", "450 0840"),
        ("text me on 0 7 7 0 0 9 0 0 1 2 3", "0 7 7 0 0 9 0 0 1 2 3"),
        ("07700 900123", "07700 900123"), ("landline 01632 960 214", "01632 960 214"), ("(020) 7946 0991", "(020) 7946 0991"), ("mijn nieuwe nummer is 0571 26 41 73", "0571 26 41 73"),
        ("bel nul zes 12 34 56 78", "nul zes 12 34 56 78"), ("zes twaalf drieëndertig 44 55 66", "zes twaalf drieëndertig 44 55 66"),
        ("oh seven seven double oh nine 100 200", "oh seven seven double oh nine 100 200"), ("06-tweeentwintig 44 81 90", "06-tweeentwintig 44 81 90"),
        ("31612345678 appen", "31612345678"), ("mobiel 06*12345678", "06*12345678")],
    "IBAN": [
        ("naar NL91ABNA0417164300 graag", "NL91ABNA0417164300"),
        ("nl91 abna 0417 1643 00", "nl91 abna 0417 1643 00"),
        ("BE68 5390 0754 7034", "BE68 5390 0754 7034"),
        ("GB82WEST12345698765432.", "GB82WEST12345698765432"),
        ("mistyped: rekening NL92ABNA0417164300", "NL92ABNA0417164300"),
        ("op NL91  ABNA  0417  1643  00", "NL91  ABNA  0417  1643  00"),
        ("rekening ABNA 0417 1643 00", "ABNA 0417 1643 00"),
        ("rek 91 ABNA 0417164300", "91 ABNA 0417164300"),
    ],
    "BSN": [
        ("bsn 111222333", "111222333"),
        ("BSN: 1112.22.333", "1112.22.333"),
        ("haar burgerservicenummer is 111 222 333", "111 222 333"),
        ("mistyped: bsn 111222334", "111222334"),
        ("acht cijfers, bsn 10000008", "10000008"),
        ("b.s.n. 111222333", "111222333"),
        ("bsn-nr. 11 12 22 333", "11 12 22 333"),
        ("111 22 23 33 (bsn)", "111 22 23 33"),
        ("fiscaal nummer 111222333", "111222333"),
    ],
    "NATIONAL_ID": [
        ("rijksregister 85.07.30-033.28", "85.07.30-033.28"),
        ("SSN 219-09-9999", "219-09-9999"),
        ("NINO QQ12 is none, AB 12 34 56 C is", "AB 12 34 56 C"),
        ("nat. insurance no QQ 12 34 56 C", "QQ 12 34 56 C"), ("NHS number 943 476 5919", "943 476 5919"), ("Steuer-ID 36574261809", "36574261809"), ("PPS 1234567T", "1234567T"), ("rijksregisternr 85073003328", "85073003328"), ("nir 2 95 10 99 126 111 93", "2 95 10 99 126 111 93"),
        ("personnummer 811228-9874", "811228-9874"), ("haar nummer 131052-308T", "131052-308T"), ("AHV 756.9217.0769.85", "756.9217.0769.85"),
        ("ni no QQ-12-34-56-C", "QQ-12-34-56-C"), ("cpr 070761-4285", "070761-4285")],
    "CREDIT_CARD": [
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("5500-0000-0000-0004", "5500-0000-0000-0004"),
        ("340000000000009", "340000000000009"),
        ("my card 4222222222222", "4222222222222"),
        ("visa 4539.8022.1517.8436", "4539.8022.1517.8436"),
    ],
    "VAT_NUMBER": [("btw-id NL004495445B01", "NL004495445B01"), ("BE0428759497", "BE0428759497"), ("DE136695976", "DE136695976"), ("vat FR40303265045", "FR40303265045"), ("GB980780684", "GB980780684")],
    "COMPANY_ID": [("KvK 12345678", "12345678"), ("kvk-nummer: 12345678", "12345678"), ("12345678 is ons kvk", "12345678"), ("kamer v. koophandel 12345678", "12345678"), ("ingeschreven onder nummer 12345678 bij de kvk", "12345678"), ("company no 01234567", "01234567")],
    "ID_DOCUMENT": [
        ("paspoortnummer NW0R2C5K8", "NW0R2C5K8"),
        ("passport 533401372 seen", "533401372"),
        ("rijbewijs 1234567890", "1234567890"), ("rijbewijsnr: 1234567890", "1234567890"), ("licence MORGA 657054 SM9IJ", "MORGA 657054 SM9IJ"), ("id-kaart 591-1234567-81", "591-1234567-81"), ("kopie van haar paspoort, nummer NWR2C5K83", "NWR2C5K83")],
    "LICENCE_PLATE": [
        ("auto XX-123-Y", "XX-123-Y"),
        ("12-AB-34", "12-AB-34"),
        ("kenteken 1ABC23", "1ABC23"),
        ("T-582-XH", "T-582-XH"), ("reg AB12 CDE", "AB12 CDE"), ("a van, AB12 CDE, outside", "AB12 CDE"), ("zijn auto is M-AB 1234", "M-AB 1234"), ("kenteken: xx 123 y", "xx 123 y"), ("Irish plate 191-D-12345", "191-D-12345"), ("auto XX 123 Y", "XX 123 Y")],
    "CUSTOMER_NUMBER": [
        ("klantnummer K-102938", "K-102938"),
        ("customer number is 4471-22", "4471-22"),
        ("polisnr. 99.123.456", "99.123.456"),
        ("Polis AB-22.871.094 loopt af", "AB-22.871.094"),
        ("contract nr C98/0031", "C98/0031"),
        ("staff no. E20417", "E20417"), ("account number? Customer: 00112233", "00112233"), ("lidnr 44.81.20", "44.81.20"), ("4471200 is mijn klantnummer", "4471200"), ("klant nr 10 22 33", "10 22 33"), ("policy no AB 12 3456", "AB 12 3456"),
        ("mijn polis (PL 2019/4412) loopt af", "PL 2019/4412"), ("lidmaatschap LV-20381 opzeggen", "LV-20381"), ("huurcontract nr HC 88-201", "HC 88-201"),
        ("dossiernummer van mijn moeder is WLZ-2210-7", "WLZ-2210-7"), ("bij ons bekend als KL-88120?", "KL-88120"), ("my customer number is 88 12 45 09", "88 12 45 09"),
        ("bonuskaart 2620 1188 4410 2", "2620 1188 4410 2"), ("your file, number HY 2018 00911", "HY 2018 00911"), ("card FG-88120 of the Friends", "FG-88120"),
        ("account number 10-2234-9", "10-2234-9"), ("loan LN-2020-0119", "LN-2020-0119")],
    "DATE_OF_BIRTH": [
        ("geboren op 12-03-1985", "12-03-1985"),
        ("geb. 4 juli 1971", "4 juli 1971"),
        ("DOB: 03/12/85", "03/12/85"),
        ("date of birth March 12, 1980", "March 12, 1980"),
        ("geboortedatum 1985-03-12", "1985-03-12"),
        ("(geb. 30-10-'62)", "30-10-'62"),
        ("date of birth?\ncustomer: 11.12.69", "11.12.69"), ("geboortedatum 12031985", "12031985"), ("Wat is uw geboortedatum? K: 3 mei 1971", "3 mei 1971"), ("Jan Smit (12-03-1985)", "12-03-1985"), ("12/03/1985 is my date of birth", "12/03/1985"),
        ("geboren op twaalf maart 1981", "twaalf maart 1981"), ("geb. zeven juni negentienhonderdnegenenvijftig", "zeven juni negentienhonderdnegenenvijftig"),
        ("born on the twelfth of March 1981", "twelfth of March 1981"), ("g.d. 4-11-1977", "4-11-1977"), ("4 november 1977 is zij geboren", "4 november 1977"),
        ("ik ben van 4 nov 1977", "4 nov 1977"), ("P. de Boer, 04-11-1977, belt", "04-11-1977")],
    "IP_ADDRESS": [
        ("vanaf 192.0.2.44 ingelogd", "192.0.2.44"),
        ("klant ingelogd vanaf 10.0.4.17", "10.0.4.17"),
        ("2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334"),
    ],
    "URL": [("zie https://www.example.nl/leden/jan-de-vries.", "https://www.example.nl/leden/jan-de-vries"), ("linkedin.com/in/jan-de-vries", "linkedin.com/in/jan-de-vries"), ("www.jan-bakker.example", "www.jan-bakker.example")],
    "SOCIAL_HANDLE": [("volg @jan_devries op", "@jan_devries"), ("mijn insta is bakt_taart", "bakt_taart"), ("username: zon82", "zon82"), ("on discord lars#2291", "lars#2291"), ("dm sue_jones99 on insta", "sue_jones99"), ("skype live:tomh88", "tomh88")],
    "POSTCODE": [
        ("1234 AB Utrecht", "1234 AB"),
        ("op 1234AB", "1234AB"),
        ("1058 MB Amsterdam", "1058 MB"),
        ("te 2511 ab", "2511 ab"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("postcode? sw1a 1aa", "sw1a 1aa"), ("9000 Gent", "9000"), ("Springfield, IL 62704", "62704"), ("D02 AF30", "D02 AF30"), ("zip code 90210", "90210"), ("postcode 2548 ve", "2548 ve"), ("postcode 2548-VE", "2548-VE"), ("2548.VE Den Haag", "2548.VE"), ("2548ve-12", "2548ve"),
        ("postcode en huisnummer: 3511 in 4", "3511 in")],
    "ADDRESS": [
        ("op Kerkstraat 12a, beneden", "Kerkstraat 12a"),
        ("kerkstraat 12", "kerkstraat 12"),
        ("Laan van Meerdervoort 501", "Laan van Meerdervoort 501"),
        ("Jan van Galenstraat 3-bis", "Jan van Galenstraat 3-bis"),
        ("Nieuwstraat 12 bus 3", "Nieuwstraat 12 bus 3"),
        ("Spui 4, 2511 BL Den Haag", "Spui 4"),
        ("at 12 Baker Street today", "12 Baker Street"),
        ("postbus 1234", "postbus 1234"),
        ("Beethovenstr. 120 hs", "Beethovenstr. 120 hs"), ("Flat 2, Rose House, Mill Lane", "Flat 2, Rose House, Mill Lane"), ("woont op Achter de Dom 7 bis", "Achter de Dom 7 bis"), ("Botter 24-16, Lelystad", "Botter 24-16"), ("he lives at 14 mill lane", "14 mill lane"), ("1187 Maple Hollow Drive", "1187 Maple Hollow Drive"),
        ("Oud: Plein 1944 nr 8, Nijmegen", "Plein 1944 nr 8"), ("op Kanaaldijk N.Z. 14", "Kanaaldijk N.Z. 14"), ("at Rose Cottage, Mill Lane", "Rose Cottage, Mill Lane"),
        ("address is 7 Heatherfield", "7 Heatherfield"), ("kerkstr. 12", "kerkstr. 12")],
    "CITY": [
        ("1234 AB Utrecht", "Utrecht"),
        ("woont in Bergen op Zoom", "Bergen op Zoom"),
        ("Kerkstraat 1 te Den Haag", "Den Haag"),
        ("moved to Manchester", "Manchester"),
        ("4101 AJ te Culemborg", "Culemborg"),
        ("geboren te Kerkrade", "Kerkrade"), ("Kerkstraat 3 in Houten", "Houten"), ("klant uit Volendam belt", "Volendam"), ("12 Mill Lane, Stroud", "Stroud"), ("4072 WM Tiel", "Tiel"), ("woont in Oud-Alblas", "Oud-Alblas"), ("ik kom uit Lutjebroek", "Lutjebroek"), ("woon in den bosch", "den bosch"),
        ("woonplaats 's-Gravenzande", "'s-Gravenzande"), ("woont in Krabbendijkerveen", "Krabbendijkerveen"), ("woonplaats: Wijk aan Zee", "Wijk aan Zee"), ("woont in Nieuwe Krabbenveen", "Nieuwe Krabbenveen"),
        ("I live in Little Snorbury", "Little Snorbury"), ("Kerkstraat 12, Heino", "Heino"), ("Dorpsstraat 1, Zwartebroekersluis", "Zwartebroekersluis")],
    "PERSON": [
        ("Gebeld met Jan de Vries over morgen", "Jan de Vries"),
        ("mevr. van der Berg belde", "van der Berg"),
        ("dhr jansen is boos", "jansen"),
        ("Youssef el Amrani neemt het over", "Youssef el Amrani"),
        ("J.P. van den Heuvel tekent", "J.P. van den Heuvel"),
        ("jan van dijk gesproken", "jan van dijk"),
        ("gesproken met ria", "ria"),
        ("Dear Mr Hughes,", "Hughes"),
        ("Sarah O'Neill called", "Sarah O'Neill"),
        ("Jansen, P. staat dubbel", "Jansen, P."),
        ("Berg, Anna van den", "Berg, Anna van den"),
        ("Pieter-Jan Smit komt", "Pieter-Jan Smit"),
        ("Annemieke Jansen-de Boer", "Annemieke Jansen-de Boer"),
        ("meneer Oud belde", "Oud"),
        ("Sanne's factuur", "Sanne"),
        ("mijn zoon Yoran", "Yoran"),
        ("met Zargan Vedzizhev gesproken", "Zargan Vedzizhev"),
        ("groetjes sanne", "sanne"),
        ("Ömer Şahin belde", "Ömer Şahin"),
        ("Willeke v.d. Berg", "Willeke v.d. Berg"),
        ("Mark bracht het terug", "Mark"),
    ],
}  # fmt: skip

NOT_FOUND = {
    "EMAIL": ["om 12:00 @ kantoor", "a@b", "gmail, com en outlook", "kosten 3 @ 10 euro", "@example.nl"],
    "PHONE": [
        "order 0612345678 is verzonden", "op 07-02-2026 15:00", "prijs 1.234.567,89", "2024-05-06 10:11:12",
        "ticket 20240012345", "0000000000", "artikel 1234567890123", "€ 0612345,00", "zes weken en twaalf dagen later", "six of them, two of those",
        "customer number is 88 12 45 09", "nul op rekest, vier keer twee is acht",
    ],
    "IBAN": ["NL92ABNA0417164300", "NL00 is geen nummer", "AB12CDEF3456", "NLABNA 12", "rabo 12 34 56"],
    "BSN": ["ordernummer 111222333", "111222334 stuks", "111222333", "bedrag 111.222.333 euro", "bsn 11 12 22 334 klopt niet"],
    "NATIONAL_ID": ["219-00-9999", "000-12-3456", "85.07.30-033.29", "order 811228-9875", "756.9217.0769.86"],
    "CREDIT_CARD": ["4111 1111 1111 1112", "order 1234567890123456", "0000 0000 0000 0000"],
    "VAT_NUMBER": ["NL004495446B01", "NL12 B01"],
    "COMPANY_ID": ["12345678 stuks", "kvk 1234567"],
    "ID_DOCUMENT": ["NW0R2C5K8 is een artikel", "paspoort verlopen in 2024", "legitimatie gezien, sofi 111222333"],
    "LICENCE_PLATE": ["10-12-24", "1ABC23", "AB-CD-EF", "om 12 uur 30", "M-AB 12 artikel", "maat XL 12 A", "AB 123 C is het artikel"],
    "CUSTOMER_NUMBER": ["klantnummer onbekend", "5 klanten", "nummer 102938", "polis van 2024", "klant 12 keer gebeld", "kenmerk KL-2026-00418", "klant sinds 12-03-2019", "klantnummer is onbekend, order 99281", "bij ons bekend als KL", "contract (NL 2024)", "pas op-12"],
    "DATE_OF_BIRTH": ["afspraak 12-03-2024", "geleverd op 4 juli", "overleg (12-03-2024)", "besteld op 12-03-1985", "12031985 stuks", "drie mei vergadering", "levering twaalf maart 2024", "Jansen, 04-11-2024"],
    "IP_ADDRESS": ["server 10.0.4.17 herstart", "version 8.14.2.1 rolled back to 8.14.1.9", "versie 10.2.0.1", "999.1.1.1", "1.2.3", "12::"],
    "URL": ["www", "http in de tekst", "zie www.example.nl", "www.gemeente.example voor tijden"],
    "SOCIAL_HANDLE": ["@ kantoor", "@12", "insta werkt niet", "twitter en facebook", "gechat op insta", "Sanne op instagram", "kanaal #2291"],
    "POSTCODE": ["in 2024 is het", "1500 km", "2019 en 2020", "1234 SS", "0123 AB", "2000 MB vrij", "sinds 2019 Utrecht", "model AB12", "order 1234 Utrecht", "artikel 2548-VE kapot"],
    "ADDRESS": ["onderweg 3 uur", "de weg 3 km", "stap 3", "in 2024 Street", "3 weeks road works", "zaal 3, Utrecht", "bereiken onder 06-12345678", "Plein 1944 is mooi", "moved to 3 new teams"],
    "CITY": ["de markt in Utrecht groeit", "2024 Utrecht-project", "in plaats van mijn", "parkeren in Utrecht", "woont in Nederland", "woont in Appartement", "Kerkstraat 12, Bellen graag", "verhuisd naar Kantoor"],
    "PERSON": [
        "De bakker op de hoek", "Albert Heijn is dicht", "Jansen Transport BV", "in mei en april",
        "Beste klant,", "Will you join on Monday?", "ik ben er max 3 keer", "ik krijg elke dag mail",
        "Outlook en Windows", "Wil de klant bellen?", "Thanks. I have been waiting", "op 12 jan 2024",
        "Grace period ends in April", "optie A en B", "groot en klein", "firma De Groot", "Hi, I've waited", "Thanks, You're great", "met WordPress gemaakt",
        "Thanks, I'm out",
    ],
}  # fmt: skip


@lru_cache(maxsize=1)
def _detector() -> PresidioDetector:
    return PresidioDetector()


def _values(text: str, kind: str) -> list[str]:
    """What comes out of the whole engine, context words and all."""
    return [text[s.start : s.end] for s in _detector().detect([text])[0] if s.type == kind]


@pytest.mark.parametrize(
    ("kind", "text", "value"), [(k, t, v) for k, rows in FOUND.items() for t, v in rows]
)
def test_recognizer_valid_notation_is_found(kind: str, text: str, value: str) -> None:
    assert _values(text, kind) == [value]


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, rows in NOT_FOUND.items() for t in rows])
def test_recognizer_near_miss_is_not_found(kind: str, text: str) -> None:
    assert _values(text, kind) == []


def test_recognizers_all_types_have_tables() -> None:
    kinds = {recognizer.ENTITY for recognizer in load_registry().recognizers}
    assert kinds == FOUND.keys() == NOT_FOUND.keys()


def test_bsn_that_passes_by_chance_needs_more_than_the_test() -> None:
    found = list(recognizer_classes()["CitizenNumberRecognizer"]("nl").find(TextScan("111222333")))
    assert [f.score < 0.4 for f in found] == [True]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("entity: EMAIL", "entity: MAIL", "EmailRecognizer finds EMAIL"),
        ("class: UrlRecognizer", "class: WebRecognizer", "class UrlRecognizer has no entry"),
        ("entity: URL, languages: [nl, en]", "entity: URL, languages: [fr]", "unknown language fr"),
        ("placeholder: URL", "placeholder: url", "placeholder"),
        ("class: UrlRecognizer", "class: EmailRecognizer", "two entries"),
    ],
)
def test_registry_that_disagrees_with_classes_does_not_load(
    before: str, after: str, fault: str
) -> None:
    with pytest.raises(RegistryFaults, match=fault):
        load_registry(registry_text().replace(before, after, 1))


@pytest.mark.parametrize("text", ["- a\n  b: [", "recognizers: 3", ""])
def test_registry_that_is_no_registry_does_not_load(text: str) -> None:
    if not text:
        assert load_registry(text).recognizers  # empty means the shipped one
        return
    with pytest.raises(RegistryFaults):
        load_registry(text)


def test_recognizer_without_artifacts_scans_by_itself() -> None:
    kind: type[ScanRecognizer] = recognizer_classes()["EmailRecognizer"]
    results = kind("nl").analyze("a.b@example.nl", ["EMAIL"])
    assert [(r.start, r.end) for r in results] == [(0, 14)]
    assert kind("nl").analyze("a.b@example.nl", ["PHONE"]) == []
