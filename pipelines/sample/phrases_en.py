"""English sentences with slots, by kind of text. See ``slots.py`` for what a slot becomes."""

from __future__ import annotations

from typing import Final

PHRASES: Final = """
## note
Spoke to {naam} about the quote, wants {aantal}% off
called {voornaam} back, no answer, left a voicemail
{heer} is on leave until {datum}, {derde} covers for them on {derde_tel}
customer upset, says invoice {order} was paid from {iban}
new contact is {derde}, {derde_mail}
{naam} has moved to {adres}, {postcode} {plaats}
verified with date of birth {geb}
dob {geb} and customer no {klantnr} both match
husband {derde_voornaam} answered, he deals with the bills
asked to call {tel} after {tijd}
email bounced, correct one is {mail}
{collega} promised this by {dag}, pls check
met with {naam} and {derde} at their office
accountant {derde} asked about the mandate on {iban}
reg plate {kenteken} for the visitor car park
neighbour {derde} at {derde_adres} takes parcels in
{initialen} signed, contract is filed
no answer
left a voicemail, will try again next week
wants to discuss internally first, back to us on {dag}
price is the issue, competitor is {aantal}% cheaper
demo of {product} went well
waiting for next quarter's budget
ordered {aantal} units, delivery in week {aantal}
renewed for another year at {bedrag}
happy customer, nothing to do
wrong number
call moved to {datum}
wants a trial month of {product} first
sent the price list again
## meeting
Present: {naam}, {derde}, {collega}. Discussed the rollout of {product}
First meeting with {naam}, office at {adres} in {plaats}
{derde} leads the project, {derde_tel}
site tour, {aantal} desks, poor wifi
action: proposal before {datum}, around {bedrag}
next meeting {datum} {tijd}
## mail_greeting
Hi {collega_voornaam},
Hello,
Dear Sir or Madam,
Good morning,
Hi all,
Dear {collega_voornaam},
## mail_closing
Kind regards,\\n{naam}
Best, {voornaam}
Thanks!
Cheers\\n{voornaam}\\n{tel}
Regards,\\n{naam}\\n{bedrijf}\\n{tel}
Sent from my phone
Yours sincerely,\\n{initialen}\\n{adres}\\n{postcode} {plaats}
## mail_in
Could you also send the quote to {derde_mail}? {derde_voornaam} has to sign as well.
My new account number is {iban}, please update.
I have moved to {adres}, {postcode} {plaats}.
My customer number is {klantnr} and nothing has arrived so far.
You can call me on {tel} after {tijd}.
Please contact my colleague {derde} ({derde_tel}) from now on.
My wife {derde_voornaam} called last week too.
I was told by {collega} that I would get a call back.
For the application, my BSN is {bsn}.
When can we expect the delivery?
Please find the signed quote attached.
Does {product} come in another colour?
The price of {bedrag} is more than we agreed.
Could we move the meeting of {datum} to {dag}?
We got {aantal} units too few with order {order}.
What is the notice period of the contract?
We would like to add {aantal} users.
Please take me off the newsletter.
## mail_out
As discussed with {naam} I am sending the documents.
We have changed your address to {adres}, {postcode} {plaats}.
We have refunded {bedrag} to {iban}.
My colleague {collega} will contact you tomorrow.
Your account uses {mail}, you can sign in with it.
Attached is the quote for {product}, valid until {datum}.
Delivery is planned for {dag} {datum}.
Thanks for your message, we will look into it.
Your order {order} is on its way.
Shall we have a call on {dag} at {tijd}?
## mail_subject
Quote {product}
Invoice {order}
Re: meeting {datum}
change of address {achternaam}
FW: contract {naam}
Cancellation
question about order {order}
call back {heer}
## ticket_subject
Cannot sign in
Order {order} not received
invoice is wrong
{product} stopped working
password reset {mail}
charged twice
moving house {achternaam}
wrong item
urgent!! nothing works
## ticket
I cannot sign in with {mail} any more, it keeps giving an error.
{bedrag} was taken twice from {iban}, please refund.
Parcel {order} was left with {derde} at {derde_adres} but they never saw it.
My name is {naam} and my customer number is {klantnr}.
I live at {adres} in {plaats} and have had no service for three days.
You can reach me on {tel} or {mail}.
My date of birth is wrong, it should be {geb}.
The engineer ({derde_voornaam}) was due at {tijd} but nobody came.
This is my mother's account, {derde}, born {derde_geb}.
I signed in from {ip} and then got locked out.
My partner {derde} needs access too, the email is {derde_mail}.
The car with plate {kenteken} is missing in the app.
When will my order be delivered?
The {product} arrived broken, the box was wet.
Since the update of {datum} {product} does not work.
I want to cancel my subscription from {datum}.
The invoice says {bedrag} but I had a discount.
The screen stays black, even after a restart.
Order {order} is incomplete, {aantal} parts are missing.
How do I add another user?
I get the same email every day, please make it stop.
## reply
Hi {voornaam}, thanks for getting in touch. We are on it.
Dear {heer}, your email address is now {mail}.
The amount of {bedrag} has been sent to {iban}.
We tried to call you on {tel} but got no answer.
We are sending the parcel again to {adres}, {postcode} {plaats}.
Hi {voornaam}, my colleague {collega} will get back to you on {dag}.
Sorry for the trouble, it has been fixed.
Could you send a picture of the product?
Have you tried to install the app again?
We have corrected the invoice.
The order was sent today and arrives on {dag}.
## internal
{naam} called {aantal}x, now angry. {collega_voornaam} can you help
also has an account under {derde_mail}, merge?
iban {iban} checked with finance
passed on to {collega}
blocked ip {ip}, too many attempts
waiting for supplier until {datum}
can be closed
second line please
nothing in the logs
known bug in version {aantal}.{aantal}
## customer_reply
Thank you, that was quick! {voornaam}
No that does not work, call me on {tel}
My address is {adres}, {postcode} {plaats} as I said
send it to {derde_mail}, that is my husband
It works again, thanks
Picture attached
Still the same problem
ok
I have been waiting for {aantal} days now
## task
call {naam} about quote
call back {heer} {tel}
send contract to {mail}
follow up {product}
plan meeting with {derde} ({derde_tel})
update price list
prepare demo
check invoice
## survey
{collega_voornaam} was very helpful
{collega} had no clue and hung up
quick and friendly
took far too long
fine
my neighbour {derde} had the same and got a refund
call me about this on {tel}
could be better
very happy with {product}
## evidence
ticked on newsletter form
agreed on the phone by {naam}
double opt-in from {ip}
email from {mail} dated {datum}
filled in at checkout
## search
return policy
{product}
opening hours
{naam}
invoice {order}
delivery time
"""
