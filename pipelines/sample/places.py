"""Places: real towns with their telephone and postcode areas, streets that could be anywhere."""

from __future__ import annotations

from typing import Final, NamedTuple

from pipelines.sample.names import words


class Town(NamedTuple):
    """A town, its telephone area code, and the first two digits of its postcodes."""

    name: str
    area: str
    postcode: str


_TOWNS: Final = (
    "Amsterdam|020|10;Rotterdam|010|30;Den Haag|070|25;Utrecht|030|35;Eindhoven|040|56;"
    "Groningen|050|97;Tilburg|013|50;Almere|036|13;Breda|076|48;Nijmegen|024|65;"
    "Arnhem|026|68;Haarlem|023|20;Enschede|053|75;Amersfoort|033|38;Apeldoorn|055|73;"
    "Zwolle|038|80;Leiden|071|23;Leeuwarden|058|89;Maastricht|043|62;Dordrecht|078|33;"
    "Zoetermeer|079|27;Deventer|0570|74;Delft|015|26;Alkmaar|072|18;Venlo|077|59;"
    "Hilversum|035|12;Heerlen|045|64;Hengelo|074|75;Zaandam|075|15;Sittard|046|61;"
    "Den Bosch|073|52;Purmerend|0299|14;Roosendaal|0165|47;Schiedam|010|31;"
    "Spijkenisse|0181|32;Vlaardingen|010|31;Gouda|0182|28;Assen|0592|94;"
    "Bergen op Zoom|0164|46;Capelle aan den IJssel|010|29;Veenendaal|0318|39;Katwijk|071|22;"
    "Zeist|030|37;Nieuwegein|030|34;Lelystad|0320|82;Hardenberg|0523|77;Doetinchem|0314|70;"
    "Oosterhout|0162|49;Den Helder|0223|17;Hoogeveen|0528|79;Emmen|0591|78;"
    "Terneuzen|0115|45;Kampen|038|82;Woerden|0348|34;Houten|030|39;Weert|0495|60;"
    "Goes|0113|44;Middelburg|0118|43;Oss|0412|53;Helmond|0492|57;Roermond|0475|60;"
    "Barneveld|0342|37;Sneek|0515|86;Heerenveen|0513|84;Drachten|0512|92;Tiel|0344|40;"
    "Culemborg|0345|41;'s-Gravenzande|0174|26;Ede|0318|67;Wageningen|0317|67;Hoorn|0229|16;"
    "Heerhugowaard|072|17"
)
TOWNS: Final = tuple(Town(*town.split("|")) for town in _TOWNS.split(";"))

_STREET_STEMS: Final = words(
    "Beuken Linden Kastanje Wilgen Iepen Populieren Hazelaar Meidoorn Merel Zwaluw Reiger Lijster "
    "Ooievaar Molen Kerk School Station Dorps Haven Markt Burgemeester Raadhuis Gracht Kanaal Zuider "
    "Noorder Ooster Wester Industrie Ambachts Handels Fabrieks Prinsen Koningin Wilhelmina Juliana "
    "Tulpen Rozen Narcissen Klaver Korenbloem Spoor Bos Heide Duin Vennen Veld Akker Weide Oever"
)
_STREET_TAILS: Final = words("straat laan weg plein kade hof pad singel dreef dijk steeg park")
_STREET_ALONE: Final = (
    "Achterom", "Brink", "De Terp", "Het Rond", "Kolk", "Lange Nering", "Oude Gracht", "Op de Kamp",
    "Plantage", "Singel", "Slotlaan", "'t Zand", "Vest", "Vlietzoom", "Wal", "Zuideinde",
    "Jan van Galenstraat", "Willem de Zwijgerlaan", "Burgemeester Vosplein", "Laan van Nieuw Oost",
)  # fmt: skip
STREETS: Final = (
    tuple(
        stem + tail
        for at, stem in enumerate(_STREET_STEMS)
        for other, tail in enumerate(_STREET_TAILS)
        if (at * 5 + other * 7) % 3 == 0
    )
    + _STREET_ALONE
)
