"""Names of people who do not exist: own lists, by gender and by where a family comes from.

Written for the sample alone. They must stay apart from the detector's lists: what it finds in
the sample says something only as long as neither was made from the other.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Culture(NamedTuple):
    """First names and surnames that go together; a surname is ``infix|name`` or ``name``."""

    name: str
    share: float
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


_DUTCH_WOMEN: Final = words(
    """
    Aafke Aaltje Agnes Aleida Anja Anke Anneke Annelies Annemarie Annemiek Annet Anouk Antje Ariane
    Astrid Babette Bente Berdien Bianca Birgit Brechtje Britt Carlijn Carola Chantal Charlotte
    Christel Claartje Coby Corrie Daphne Debora Demi Desiree Dieuwertje Doortje Dorien Eefje
    Eline Elke Ellen Elly Els Emma Esmee Esther Eva Evelien Femke Fenna Fleur Floor Francien Geertje
    Gerda Gerry Greet Gwen Hanneke Hedwig Heleen Hennie Hester Hilde Hinke Ilona Ilse Imke Ineke
    Inge Ingrid Irene Iris Isabel Jannie Jantien Jasmijn Jeannette Jetske Jitske Joke Jolanda
    Jolien Josefien Josien Judith Juliette Karin Karlijn Katja Kim Klaartje Laura Leonie
    Lianne Lies Lieke Lieve Linda Lisanne Loes Lonneke Lotte Maaike Maartje Mandy Manon Mara Margot
    Margreet Marian Marieke Marije Marijke Marjolein Marlies Marloes Martine Merel Meta Mieke Mirjam
    Moniek Nadine Nelleke Nicolette Nienke Nina Noortje Odette Paula Petra Pleun Quirine Renske
    Ria Riet Rianne Roos Rosalie Saar Sanne Saskia Silke Sjoukje Sofie Stefanie Suzan Tamara
    Tess Thea Tineke Tirza Tjitske Toos Truus Ursula Vera Wendy Wil Willemijn Wilma Wytske Yvette
    Yvonne Zoë
    """
)
_DUTCH_MEN: Final = words(
    """
    Aad Adriaan Albert Alex Alwin André Anton Arend Arie Arjan Arjen Arnoud Axel Barend Bart Bas
    Bastiaan Ben Berend Bert Boudewijn Bram Casper Chiel Christiaan Cor Cornelis Daan Dennis Diederik
    Dirk Douwe Edwin Eelco Egbert Emiel Erik Ernst Evert Ewout Ferdinand Floris Folkert Frank Freek
    Frits Geert Gerard Gerben Gerrit Gijs Govert Guus Hans Harm Harmen Hein Hendrik Henk Herman
    Hidde Hubert Huib Hugo Ivo Jaap Jacco Jan Jan-Willem Jasper Jelle Jelmer Jeroen Jesper Jo Job
    Jochem Joep Johan Joost Jorrit Joris Jules Jurgen Jurre Karel Kasper Kees Klaas Koen Koos Lambert
    Lars Leendert Lennart Leo Lex Lodewijk Luuk Maarten Marco Marinus Mark Marnix Martijn Mats Matthijs
    Maurits Melle Menno Merijn Michiel Mink Nico Niek Olaf Okke Paul Peter Piet Pieter Pim Quinten Reinier
    Rein Remco René Ricardo Rik Rinus Robbert Roel Roelof Ruben Rutger Ruud Sander Sebastiaan Siebe
    Siem Sietse Simon Sjaak Sjoerd Stan Stijn Sven Sybren Teun Thijs Theo Thomas Tijmen Timo Tjeerd
    Tobias Ton Twan Valentijn Victor Vincent Walter Wessel Wiebe Wietse Willem Wim Wouter Wybe Xander
    Yme Yorick
    """
)
_DUTCH_SURNAMES: Final = _lines(
    """
    van den|Akker, Aalbers, Abma, Achterberg, van|Alphen, Appelman, van|Asselt, Baars, Bakker, Bakhuizen
    van|Beek, van der|Beek, Beekman, Beenhakker, van den|Berg, van den|Bergh, Bergsma, Beukema, Biemans
    Bleeker, Bloemendaal, de|Boer, Boersma, Bonekamp, van den|Boogaard, Boonstra, den|Boer, Borst, Bos
    Bosman, van den|Bosch, Bouma, Bouwman, Braam, van|Breukelen, ten|Brink, van den|Brink, Broekhuis
    van den|Broek, de|Bruijn, de|Bruin, Bruinsma, Buitenhuis, van|Buren, Burger, ter|Burg, Claassen
    Coenen, Cornelissen, Dam, van|Dam, Damen, Dekker, Dekkers, van|Delft, Dijkman, Dijkstra, van|Dijk
    van|Dongen, Doorn, van|Doorn, Driessen, Drost, van|Duin, Dunnink, van|Eck, van|Eijk, Elzinga
    Engels, van|Es, Evers, Feenstra, Franken, Fransen, Gerritsen, Geurts, van|Gelder, de|Gier
    Goossens, van der|Graaf, de|Graaf, de|Groot, Groothuis, Groeneveld, Haan, de|Haan, Haverkamp
    van|Hees, Heijmans, van der|Heijden, Hendriks, Hermans, van der|Heide, Hoekstra, van der|Hoek
    Hofman, Hofstede, in 't|Hout, van 't|Hof, van der|Horst, Houtman, van|Houten, Huisman, Huizinga
    Jacobs, Jansen, Janssen, de|Jager, de|Jong, de|Jonge, Jonker, Kamp, van|Kampen, Kamphuis, Keizer
    Kemper, Kersten, Klaver, Klein, Kleinjan, Klomp, Kloosterman, de|Kok, Kok, Koning, de|Koning, Konings, Kooistra
    Koopman, Koster, Kramer, Kroon, van der|Kruk, Kuijpers, Kuiper, Lammers, Langeveld, van der|Laan, de|Lange
    van der|Leest, van|Leeuwen, van der|Linden, Linders, van|Loon, Lubbers, Luijten, Maas, van der|Maas
    Martens, Mathijssen, van der|Meer, Meijer, de|Meijer, Mensink, van der|Meulen, Meuwissen, Michels
    van der|Molen, Molenaar, Mulder, Mulders, Nagel, van|Nes, Nieuwenhuis, Nijland, Noordhoek, van|Noort
    op den|Kamp, Olsthoorn, van|Oosten, Oosterhuis, Ottens, van|Os, Otten, Oud, Peeters, Peters, Pieterse
    van der|Ploeg, Plomp, Polman, Post, Postma, Prins, Pronk, van der|Putten, Raaijmakers, van|Raalte, Reinders
    Reijnders, van|Rijn, van der|Ree, de|Ridder, Riemersma, van|Roon, Roos, de|Rooij, Roelofs, Rutten, Sanders, van der|Schaaf
    Schipper, Scholten, Schouten, Schreuder, Schuurman, Sikkema, Simons, van der|Sluis, Slotboom, Smeets, Smit
    Smits, Snoek, Spaan, van|Staveren, van der|Steen, Sterk, Stevens, Stokman, Strijbos, Swinkels, 't|Hart, 't|Lam
    Terpstra, Theunissen, Thijssen, Tiemens, van|Tol, Tromp, Uijttenhaage, van|Veen, van der|Veen, Veenstra
    van de|Ven, Venema, Verbeek, Verhagen, Verhoeven, Vermeer, Vermeulen, Verschoor, Versteeg, van|Vliet
    Visser, Visscher, Vlaming, van der|Velde, Voogd, Vos, de|Vos, van|Voorst, Vreeman, de|Vries, de|Waal
    van der|Wal, Wagenaar, van de|Water, Wessels, van|Wijk, Wijnen, de|Wilde, Willems, Wiersma, de|Wit
    Withaar, Wolters, Woudstra, van|Zanten, Zandstra, Zeeman, van|Zijl, Zijlstra, Zomer, Zonneveld, Zwart, de|Zwart
    """
)

CULTURES: Final = (
    Culture("dutch", 0.70, _DUTCH_WOMEN, _DUTCH_MEN, _DUTCH_SURNAMES),
    Culture(
        "turkish", 0.06,
        words("Ayşe Fatma Elif Zeynep Emine Hülya Sevgi Özlem Derya Gül Esra Büşra Nuray Sibel Tuğba"),
        words("Mehmet Mustafa Ahmet Emre Hakan İbrahim Yusuf Murat Serkan Kemal Orhan Cem Burak Umut Volkan"),
        _lines("Yılmaz, Kaya, Demir, Çelik, Şahin, Öztürk, Arslan, Doğan, Kılıç, Aydın, Polat, Koç, Güneş, Aksoy, Bulut"),
    ),
    Culture(
        "moroccan", 0.06,
        words("Fatima Khadija Naima Samira Hanane Ikram Loubna Soumaya Yasmina Zineb Malika Nora Hafsa Ihsane"),
        words("Mohamed Youssef Rachid Hassan Karim Bilal Said Abdel Hamza Ilias Nabil Mimoun Driss Soufiane Mo"),
        _lines("El|Amrani, Ben|Ali, El|Idrissi, Bouzid, Benali, El|Khattabi, Aziz, Ouali, Chaouki, Haddou, Azzouzi, El|Yousfi, Amezian, Bouchti, Tahiri"),
    ),
    Culture(
        "surinamese", 0.05,
        words("Shanti Sunita Radha Anuradha Cheryl Xaviera Mavis Usha Sharmila Priya Jharna Lucia Farida"),
        words("Rishi Anil Winston Clyde Ruben Orlando Iwan Dinesh Sewdath Romeo Stanley Ashwin Soerin"),
        _lines("Ramdin, Bhagwandin, Kanhai, Pinas, Wijngaarde, Ramsaran, Tjon A Fat, Lieuw, Autar, Biharie, Amatdjais, Kartosen, Emanuels, Vreden, Gangaram Panday"),
    ),
    Culture(
        "polish", 0.04,
        words("Agnieszka Katarzyna Małgorzata Joanna Ewa Zofia Magdalena Beata Dorota Iwona Kinga"),
        words("Piotr Krzysztof Tomasz Paweł Marcin Łukasz Grzegorz Jakub Wojciech Zbigniew Dariusz"),
        _lines("Kowalska, Nowak, Wiśniewski, Wójcik, Kamiński, Lewandowska, Zieliński, Szymański, Dąbrowski, Woźniak, Mazur, Krawczyk"),
    ),
    Culture(
        "british", 0.04,
        words("Alice Charlotte Eleanor Gemma Harriet Imogen Joanna Kelly Lucy Megan Olivia Pippa Rachel Tracy"),
        words("Alfie Barry Callum Declan Ethan Graham Harry Ian Jack Keith Liam Nigel Oliver Rhys Stuart"),
        _lines("Ashdown, Barlow, Carter, Dawson, Ellison, Fletcher, Grant, Hughes, Ingham, Kirby, Lawson, Marsh, Norris, O'Connor, O'Brien, Parsons, Reid, Shaw, Thornton, Whitfield"),
    ),
    Culture(
        "german", 0.02,
        words("Anneliese Brigitte Heike Jutta Katrin Sabine Uta Wiebke Steffi"),
        words("Dieter Günther Jürgen Klaus Matthias Rüdiger Uwe Wolfgang Florian"),
        _lines("Schäfer, Müller, Krüger, von|Stein, Hoffmann, Zimmermann, Vogel, Weiß, Lindner, Brandt"),
    ),
    Culture(
        "elsewhere", 0.03,
        words("Nguyet Linh Mei Xiu Amina Hodan Selam Gloria Mariana Inês Conceição Olena Svitlana Noor Layla"),
        words("Minh Wei Tao Abdi Yonas Tesfay Kwame João Diego Álvaro Andrij Bohdan Omar Ali Sipan"),
        _lines("Nguyen, Tran, Chen, Wu, Abdullahi, Gebremariam, Mensah, dos|Santos, da|Silva, Fernández, Shevchenko, Bondarenko, Al|Hassan, Rahimi, Li, Ho"),
    ),
)  # fmt: skip
"""Shares add up to 1."""

STEMS: Final = words(
    "Aker Berk Blaar Bolder Dorn Eiken Elst Garst Hagen Hazel Heem Kers Kolk Kruis Lind Mees Moer "
    "Nooter Oever Pluim Raven Riet Roden Steen Teren Vaal Veld Wester Wilg Zand Zeven"
)
TAILS: Final = words(
    "aar berg brink broek dijk donk haar heuvel hof horst houdt huizen kamp kens laar man mans "
    "meijer mond oord poel rade schot sma stra veen voort wijk zoon"
)
"""A stem and a tail make a surname that sounds Dutch and stands in no list."""
