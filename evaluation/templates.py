"""Sentences that no rule was written against, filled by the sample's machinery.

Whoever wrote the recognizers looked at errors on the sample's own sentences, so the sample measures
too kindly. These sentences were written afterwards by somebody else, and the persons come from a
seed of their own; the given names, surnames and streets behind the slots are the sample's.
Like the test part of the texts, they are not to be read by whoever writes rules.
"""

from __future__ import annotations

from typing import Final

DUTCH: Final = """
## note
tel. contact gehad: {naam} zoekt vervanging voor de {product}
{voornaam} kon niet wachten en is weer weggegaan
Op verzoek van {heer} alles voortaan per post, {adres}, {postcode} {plaats}
doorkiesnummer {tel}, vragen naar {voornaam}
het oude adres {adres} staat er nog in, dat is van {derde}
{derde_voornaam} en {voornaam} zijn partners, een polis is genoeg
hr/mw {achternaam} niet thuis getroffen, kaartje achtergelaten
aanhanger met plaat {kenteken} geleend aan {derde}
{initialen} stond niet op de gastenlijst, toch binnengelaten door {collega_voornaam}
Geboren op {geb}, dus valt net in de jeugdregeling
legitimatie gecontroleerd, sofi {bsn} klopt met de pas
wilde eerst geen nummer geven, later toch: {tel}
storneren vanaf {iban} mislukt wegens saldo
de sleutel hangt bij {derde}, {derde_adres}
relatie {klantnr} samengevoegd, dubbele kaart verwijderd
werkt samen met {derde_heer} van {bedrijf}
woont tijdelijk in {plaats} bij familie
besproken: {product} gaat mee in de volgende ronde, bedrag {bedrag}
overgezet naar ploeg drie, ze bellen zelf na {datum}
levering {order} bleek onvolledig, rest volgt
leverancier meldt schaarste, prijs stijgt {aantal} procent
wacht op akkoord van de directie, daarna pas inplannen
## mail_greeting
Goedenavond,
Waarde {heer},
Ha {voornaam}!
Geachte relatie,
## mail_closing
Met dank,
Tot horens, {voornaam}
{naam}\\n{adres}\\n{postcode} {plaats}
Beste groeten van {initialen}
Fijn weekend!
## mail_in
Mijn nieuwe rekening is {iban}, wilt u die gebruiken?
Kunt u voortaan {mail} gebruiken in plaats van mijn werkadres?
Mijn schoonmoeder, {derde}, woont nu bij ons en wil ook een {product}.
U heeft mij verward met {derde}, dat is iemand anders.
Ik ben te bereiken onder {tel} of via {mail}.
Ons nieuwe adres wordt {adres} in {plaats}.
Volgens {collega} zou ik {bedrag} terugkrijgen.
De {product} doet het niet meer sinds {dag}.
Is er nog een {product} op voorraad, en wat kost die?
Ik heb bestelling {order} nooit gekregen.
Wanneer zijn jullie dicht rond de feestdagen?
## ticket
aanmelden mislukt voor {mail}, adres {ip} geblokkeerd
rechten intrekken van {naam}, uit dienst per {datum}
pagina {profiel} toont verkeerde foto
{naam} ziet de facturen van {derde}, graag uitzoeken
klant {klantnr} krijgt alles dubbel
export blijft hangen bij {aantal} procent
scherm flikkert na de laatste update
knop doet niets op een telefoon
## survey
{collega_voornaam} verdient opslag
mijn complimenten aan {collega}
had liever {voornaam} dan {derde_voornaam} gesproken
ging best, alleen de wachtrij is lang
duur maar degelijk
"""

ENGLISH: Final = """
## note
caught {naam} between meetings, keen on the {product}
{voornaam} could not hold, will ring us
all post to {adres}, {postcode} {plaats} from now on
direct line {tel}, ask for {voornaam}
{derde} still shows at the old address {adres}
{derde_voornaam} and {voornaam} are partners, one policy will do
trailer with plate {kenteken} lent to {derde}
{initialen} was not on the list, let in by {collega_voornaam}
born {geb}, so just within the youth scheme
would not give a number at first, then: {tel}
debit from {iban} bounced
key is with {derde}, {derde_adres}
merged with {klantnr}, duplicate card removed
works with {derde_heer} at {bedrijf}
discussed: {product} moves to the next round, {bedrag}
delivery {order} was short, remainder to follow
supplier reports shortages, price up {aantal} percent
waiting for the board, will schedule after that
## mail_greeting
Good evening,
Hi {voornaam}!
Dear {heer},
## mail_closing
Many thanks,
{naam}\\n{adres}\\n{postcode} {plaats}
Best, {voornaam}
Have a good weekend
## mail_in
My new account is {iban}, could you use that one?
Please write to {mail} rather than to my work address.
My mother in law, {derde}, lives with us now and wants a {product} too.
You have mixed me up with {derde}, who is somebody else.
You can reach me on {tel} or at {mail}.
According to {collega} I was to get {bedrag} back.
The {product} stopped working on {dag}.
Do you have the {product} in stock?
I never received {order}.
## ticket
sign in fails for {mail}, address {ip} blocked
revoke access of {naam}, leaving on {datum}
page {profiel} shows the wrong picture
{naam} can see the bills of {derde}, please look into it
customer {klantnr} gets everything twice
export hangs at {aantal} percent
screen flickers since the update
## survey
{collega_voornaam} deserves a raise
compliments to {collega}
would rather have talked to {voornaam} than to {derde_voornaam}
fine, but the queue is long
"""
