"""Dutch sentences with slots, by kind of text. See ``slots.py`` for what a slot becomes."""

from __future__ import annotations

from typing import Final

PHRASES: Final = """
## note
Gebeld met {naam} over de offerte, wil korting van {aantal}%
{voornaam} teruggebeld, geen gehoor, voicemail ingesproken
Belde {heer}, is op vakantie tot {datum}. Collega {derde} neemt waar, te bereiken op {derde_tel}
klant belt boos, factuur {order} zou al betaald zijn vanaf {iban}
gesproken met {derde_heer} ipv {voornaam}, die werkt er niet meer
nieuwe contactpersoon wordt {derde} ({derde_mail})
{naam} verhuisd naar {adres}, {postcode} {plaats}
Adreswijziging doorgegeven: {adres} te {plaats}, per {datum}
verificatie gedaan, geb. datum {geb}, klopt
Identiteit gecheckt met geboortedatum {geb} en klantnr {klantnr}
bsn {bsn} genoemd aan de telefoon, niet nodig, niet noteren aub
kenteken leaseauto {kenteken}, monteur mag op het terrein parkeren
man van {voornaam} aan de lijn ({derde_voornaam}), gaat over zijn abonnement
buurvrouw {derde} neemt pakket aan op {derde_adres}
bel {voornaam} donderdag terug op {tel}, na {tijd}
06 van {naam}: {tel}
nummer klopt niet meer, nieuw nummer is {tel}
mail kwam terug, juiste adres: {mail}
{collega} had toegezegd dat het {dag} klaar zou zijn
afspraak gemaakt met {naam} en {derde} op {datum} om {tijd}
{heer} wil alleen nog per mail contact, {mail}
fam. {achternaam} wil overstappen naar {product}
boekhouder {derde} belt over de machtiging op rekening {iban}
{derde_heer} van {bedrijf} wil meedoen, doorverwezen naar {collega}
{voornaam} is ziek, vervanger onbekend
ex-man {derde} mag geen info meer krijgen volgens {voornaam}
dochter {derde_voornaam} regelt alles, bereikbaar op {derde_tel} of {derde_mail}
Spelling naam aangepast naar {naam}
{initialen} heeft getekend, contract in de map
vorige keer sprak ik {derde_voornaam}, nu {naam} zelf
geen gehoor
voicemail ingesproken, volgende week nog eens proberen
Klant wil eerst intern overleggen, komt er {dag} op terug
offerte {order} besproken, prijs is het probleem
vindt {product} te duur, concurrent zit {aantal}% lager
demo gegeven van {product}, was enthousiast
wacht op budget volgend kwartaal
heeft interesse in {product} maar nu geen tijd
bestelling {order} loopt vertraging op, gemeld aan klant
{aantal} stuks besteld, levering week {aantal}
contract verlengd met een jaar, bedrag {bedrag}
klant tevreden, geen actie
verkeerd verbonden
belafspraak verzet naar {datum}
Terugbelverzoek via de site, gaat over {product}
wil eerst een proefmaand
prijslijst nogmaals gestuurd
Overleg gehad over levertijden, ze willen vaste leverdag {dag}
beslisser zit in het buitenland, na {datum} weer proberen
opgezegd wegens verhuizing van het bedrijf, ruimte was te klein
Jaargesprek voorbereid, cijfers van {product} toegevoegd
## meeting
Aanwezig: {naam}, {derde}, {collega}. Besproken: uitrol van {product}
Kennismaking met {naam} ({derde_voornaam} was er ook even bij), kantoor {adres} {plaats}
{derde} is projectleider, {derde_tel}
Rondleiding op de locatie, {aantal} werkplekken, wifi slecht
Actie: voorstel sturen voor {datum}, bedrag rond {bedrag}
volgende afspraak {datum} {tijd}
evaluatie van {product}, cijfer {aantal} gegeven, verbeterpunten opgeschreven
lunch met {voornaam} en directeur {derde_heer}, goede sfeer
## mail_greeting
Beste {collega_voornaam},
Hoi,
Goedemiddag,
Geachte heer/mevrouw,
L.S.,
Dag {collega_voornaam},
Hallo allemaal,
Goedemorgen,
## mail_closing
Met vriendelijke groet,\\n{naam}
Groet {voornaam}
mvg {naam}
Gr. {voornaam}\\n{tel}
Vriendelijke groeten,\\n{naam}\\n{bedrijf}\\n{tel}
Met vriendelijke groet,\\n\\n{initialen}\\n{adres}\\n{postcode} {plaats}
Alvast bedankt!
Groetjes
Verstuurd vanaf mijn telefoon
Hartelijke groet, {naam} | {mail} | {tel}
## mail_in
Kunt u de offerte ook naar {derde_mail} sturen? {derde_voornaam} moet meetekenen.
Mijn nieuwe rekeningnummer is {iban}, graag aanpassen.
Ik ben verhuisd naar {adres}, {postcode} {plaats}.
Mijn klantnummer is {klantnr}, ik heb nog niks ontvangen.
Mijn telefoonnummer is {tel}, bel gerust na {tijd}.
Voor de verzekering: geboren {geb}, kenteken {kenteken}.
Wilt u in het vervolg contact opnemen met mijn collega {derde} ({derde_tel})?
Mijn vrouw {derde_voornaam} heeft vorige week ook gebeld.
Zie ook mijn pagina {profiel} voor de details.
Het pakket mag naar de buren, fam. {derde_achternaam}, {derde_adres}.
Voor de aanvraag geef ik hierbij mijn bsn door: {bsn}
Ik had contact met {collega}, die zou mij terugbellen.
De factuur graag op naam van {derde} zetten, {derde_mail}.
Wanneer kunnen wij de levering verwachten?
Hierbij de getekende offerte retour.
Is {product} ook leverbaar in een andere kleur?
De prijs van {bedrag} is hoger dan afgesproken.
Kunnen we de afspraak van {datum} verzetten naar {dag}?
Wij hebben {aantal} stuks te weinig ontvangen bij order {order}.
Graag ontvang ik een kopie van de factuur.
Wat is de opzegtermijn van het contract?
We zijn zeer tevreden over {product}, complimenten.
Ik heb de handleiding gelezen maar kom er niet uit.
Kunt u mij uitschrijven voor de nieuwsbrief?
We willen graag uitbreiden met {aantal} gebruikers.
## mail_out
Zoals besproken met {naam} stuur ik de stukken toe.
Ik heb uw adres gewijzigd in {adres}, {postcode} {plaats}.
Wij hebben het bedrag van {bedrag} teruggestort op {iban}.
Mijn collega {collega} neemt morgen contact met u op.
Uw monteur is {derde}, bereikbaar op {derde_tel}.
Uw account staat op {mail}, daarmee kunt u inloggen.
Bijgaand de offerte voor {product}, geldig tot {datum}.
De levering staat gepland op {dag} {datum}.
Dank voor uw bericht, we zoeken het uit.
Uw bestelling {order} is onderweg.
Wij hebben helaas nog geen betaling ontvangen voor factuur {order}.
Zullen we {dag} om {tijd} even bellen?
In de bijlage vindt u de prijslijst van dit jaar.
## mail_subject
Offerte {product}
Factuur {order}
Re: afspraak {datum}
vraag over bestelling {order}
adreswijziging {achternaam}
FW: contract {naam}
Opzegging
Kennismaking
Klacht levering
terugbelverzoek {heer}
nieuwe contactpersoon: {derde}
Prijsopgave {aantal} stuks
## ticket_subject
Kan niet inloggen
Bestelling {order} niet ontvangen
factuur klopt niet
Storing {product}
wachtwoord vergeten {mail}
vraag over abonnement
verhuizing {achternaam}
Dubbel afgeschreven
retour {order}
gegevens wijzigen
{product} doet het niet meer
Verkeerd product geleverd
Klacht over monteur {derde_achternaam}
spoed!! niets werkt
## ticket
Ik kan niet meer inloggen met {mail}, krijg steeds een foutmelding.
Er is {bedrag} dubbel afgeschreven van {iban}, graag terugstorten.
Pakket {order} zou bezorgd zijn bij {derde} op {derde_adres} maar die weet van niks.
Mijn naam is {naam} en mijn klantnummer is {klantnr}.
Ik woon op {adres} in {plaats} en heb al drie dagen storing.
U kunt mij bereiken op {tel} of {mail}.
Bel mij aub op {tel}, liefst na {tijd}
Mijn geboortedatum staat verkeerd, het moet {geb} zijn.
Mijn achternaam is verkeerd gespeld, het is {naam}.
De monteur ({derde_voornaam}) zou om {tijd} komen maar er kwam niemand.
Dit account is van mijn moeder {derde}, geboren {derde_geb}, ik regel het voor haar.
Ik logde in vanaf {ip} en toen werd het account geblokkeerd.
Mijn oude adres {adres} staat nog op de factuur.
Auto met kenteken {kenteken} staat niet in de app.
Mijn partner {derde} wil ook toegang, mail is {derde_mail}.
Waarom staat {derde_heer} als contactpersoon op mijn contract?
ik heb al met {collega_voornaam} gebeld maar er gebeurt niks
Wanneer wordt mijn bestelling geleverd?
De {product} is kapot aangekomen, de doos was nat.
Sinds de update van {datum} werkt {product} niet meer.
Ik wil mijn abonnement opzeggen per {datum}.
Op de factuur staat {bedrag} maar ik had korting.
Het scherm blijft zwart, ook na herstarten.
Ik heb {aantal} keer geprobeerd te bellen maar kom er niet door.
Kan ik het product omruilen voor een andere maat?
De app geeft foutcode {aantal}{aantal}.
Bestelling {order} is incompleet, er ontbreken {aantal} onderdelen.
Waar vind ik de garantievoorwaarden?
De koppeling met onze boekhouding loopt vast.
Hoe voeg ik een extra gebruiker toe?
Het duurt nu al {aantal} dagen, dit is echt niet normaal.
Ik krijg elke dag dezelfde mail, kan dat stoppen?
## reply
Beste {voornaam}, dank voor uw bericht. We gaan ermee aan de slag.
Beste {heer}, wij hebben uw e-mailadres gewijzigd in {mail}.
Het bedrag van {bedrag} is overgemaakt naar {iban}.
U bent gebeld op {tel} maar wij kregen geen gehoor.
Hallo {voornaam}, een nieuwe {product} gaat vandaag op de post.
Wij sturen het pakket opnieuw naar {adres}, {postcode} {plaats}.
Dag {voornaam}, mijn collega {collega} komt hier {dag} op terug.
Monteur {derde} komt {datum} langs, tussen {tijd} en {tijd}.
Excuses voor het ongemak, het is nu opgelost.
Zou u een foto van het product kunnen sturen?
Heeft u al geprobeerd de app opnieuw te installeren?
Uw wachtwoord kunt u zelf herstellen via de knop op de inlogpagina.
De storing is verholpen, kunt u het nog eens proberen?
We hebben de factuur gecorrigeerd.
De bestelling is vandaag verzonden en komt {dag} aan.
Wij hebben uw abonnement beëindigd per {datum}.
## internal
{naam} al {aantal}x gebeld, nu boos. graag {collega_voornaam} erbij
klant heeft ook account onder {derde_mail}, samenvoegen?
pas op: {derde_heer} doet zich voor als klant, verificatie met {geb}
iban {iban} gecontroleerd bij boekhouding
doorgezet naar {collega}
ip {ip} geblokkeerd wegens te veel pogingen
terugbellen op {tel} vraag naar {derde_voornaam}
adres in systeem is {adres}, klant zegt iets anders
zie ook ticket {order}, zelfde probleem
kapot bij magazijn, nieuwe besteld
wacht op leverancier tot {datum}
kan dicht
escalatie naar tweede lijn
logbestand bekeken, niks te zien
coulance {bedrag} akkoord
bekende fout in versie {aantal}.{aantal}
## customer_reply
Dank je wel, dat was snel! Groet {voornaam}
Nee dat werkt niet, bel me maar op {tel}
Mijn adres is {adres}, {postcode} {plaats} zoals ik al zei
stuur het maar naar {derde_mail}, dat is mijn man
rekeningnummer is {iban} t.n.v. {initialen}
Het is {naam}, niet zoals u schrijft
ik was niet thuis, {derde_voornaam} heeft opengedaan
Het werkt weer, bedankt
Foto zit in de bijlage
Nog steeds hetzelfde probleem
ok
Ik wacht nu al {aantal} dagen op antwoord
Prima, dan wacht ik het af
Helaas, ook na opnieuw installeren niet
## task
{naam} bellen over offerte
Terugbellen {heer} {tel}
contract sturen naar {mail}
nabellen {product}
offerte {order} opvolgen
verjaardag {voornaam}, kaartje
afspraak plannen met {derde} ({derde_tel})
prijslijst bijwerken
demo voorbereiden
bezoek {plaats} {adres}
factuur controleren
gegevens {achternaam} aanvullen
CRM opschonen
evaluatie inplannen voor {dag}
voorstel uitwerken {bedrag}
## survey
Heel vriendelijk geholpen door {collega_voornaam}
{collega} wist er niks van en hing op
Snel geholpen, top
duurde veel te lang
Prima
ik moest {aantal} keer bellen
Mijn buurman {derde} had hetzelfde probleem en die kreeg wel geld terug
bel me hier nog eens over op {tel}
kan beter
geen antwoord op mijn vraag gekregen
Zeer tevreden over {product}
10/10
Opgelost maar niemand die even belt om dat te zeggen
complimenten voor {collega_voornaam}, groet {naam}
## evidence
aangevinkt op formulier nieuwsbrief
telefonisch toegezegd door {naam}
dubbele bevestiging vanaf {ip}
visitekaartje beurs
mail van {mail} d.d. {datum}
ingevuld in de webwinkel
## search
winterjas maat {aantal}
retourneren
{product}
openingstijden
{naam}
factuur {order}
contact
{mail}
levertijd
garantie
"""
