"""Names of people, firms, groups and places, put together from parts; whoever bears one of them does so by chance."""

from services.simulate.dice import die
from services.simulate.subjects import PROFESSIONS

FIRST = ["Adelheid", "Agnes", "Albrecht", "Alexander", "Alma", "Anja", "Anneliese", "Anton", "Arne", "Astrid", "Ayşe", "Babette", "Barbara", "Beate", "Benno", "Bernd", "Birgit", "Björn", "Carsten", "Christoph", "Clara", "Claudia", "Daria", "Detlef", "Dieter", "Dilek", "Dorothea", "Eberhard", "Edda", "Elena", "Elif", "Emre", "Erik", "Esther", "Eva", "Fabian", "Falk", "Felix", "Florian", "Franziska", "Frauke", "Frieda", "Friedrich", "Gerd", "Gesa", "Gisela", "Greta", "Gunnar", "Hakan", "Hanna", "Hannes", "Harald", "Hartmut", "Hedwig", "Heike", "Helene", "Hendrik", "Henriette", "Holger", "Horst", "Ilse", "Ines", "Inga", "Ingo", "Irina", "Iris", "Isabel", "Jakob", "Jana", "Jannik", "Jens", "Jochen", "Jolanta", "Jonas", "Judith", "Julia", "Jürgen", "Kai", "Karin", "Karl", "Katharina", "Katrin", "Kerstin", "Kilian", "Klaus", "Konrad", "Kristin", "Lars", "Lena", "Leonie", "Lorenz", "Lotte", "Ludwig", "Luise", "Lukas", "Magdalena", "Maike", "Malte", "Manfred", "Margarete", "Marius", "Marlene", "Martina", "Matthias", "Mechthild", "Mehmet", "Meike", "Merle", "Michaela", "Miriam", "Monika", "Nadine", "Natalia", "Niklas", "Nils", "Nina", "Oksana", "Olaf", "Oskar", "Otto", "Patrick", "Paula", "Pawel", "Petra", "Philipp", "Rainer", "Ralf", "Regina", "Reinhard", "Renate", "Robert", "Rolf", "Ronja", "Rosa", "Rüdiger", "Sabine", "Samira", "Sandra", "Sebastian", "Selim", "Silke", "Simon", "Sofia", "Solveig", "Stefan", "Susanne", "Sven", "Tanja", "Theo", "Theresa", "Thilo", "Thorsten", "Till", "Tobias", "Udo", "Ulrike", "Ursula", "Uwe", "Valentin", "Vera", "Viktor", "Volker", "Walter", "Waltraud", "Wiebke", "Wilma", "Wolfgang", "Yasemin", "Yvonne", "Zeynep"]
FIRST_ABROAD = ["Aidan", "Alicia", "Amara", "Anil", "Beatriz", "Brendan", "Caitlin", "Camille", "Deepa", "Diego", "Elodie", "Farah", "Fiona", "Giulia", "Grace", "Hugo", "Ilaria", "Imani", "Joaquim", "Kavya", "Kenji", "Liam", "Luca", "Maeve", "Marek", "Mateus", "Mei", "Niamh", "Noor", "Oisin", "Paolo", "Priya", "Rafael", "Rohan", "Ruth", "Saoirse", "Sanjay", "Siobhan", "Tariq", "Tomasz", "Tunde", "Valeria", "Wei", "Yuki", "Zofia"]
FRONT = ["Ahren", "Alber", "Amsel", "Ander", "Auen", "Birken", "Blanken", "Born", "Brenn", "Buchen", "Dorn", "Drossel", "Eichen", "Ellern", "Esch", "Falken", "Feld", "Finken", "Föhren", "Franken", "Garten", "Gersten", "Gold", "Grau", "Grün", "Hafer", "Hagen", "Hasel", "Heide", "Hellen", "Hinter", "Hirsch", "Hohen", "Holler", "Immen", "Kalten", "Kirsch", "Klee", "Kranich", "Krumm", "Kupfer", "Lerchen", "Linden", "Lohr", "Löwen", "Marder", "Mohren", "Moos", "Mühl", "Nessel", "Nieder", "Nord", "Ober", "Olden", "Oster", "Pfeiffen", "Quell", "Raben", "Rauten", "Reh", "Rosen", "Roten", "Sand", "Schlehen", "Schwalben", "Silber", "Sommer", "Specht", "Stern", "Tannen", "Thal", "Ulmen", "Unter", "Vogel", "Wacholder", "Weiden", "Weizen", "Wester", "Wiesen", "Winter", "Wolfs", "Ziegel"]
BACK = ["acker", "au", "bach", "berger", "born", "brink", "brück", "bühler", "dorff", "eck", "felder", "förster", "gärtner", "hagen", "hauser", "heimer", "höfer", "holt", "horst", "kamp", "kötter", "lander", "loh", "mann", "meister", "mühler", "ner", "rath", "reuter", "rieder", "sieper", "stätter", "steiner", "stetter", "tal", "thaler", "wald", "weg", "wert", "winkler"]
LAST_ABROAD = ["Abara", "Achterberg", "Almqvist", "Banerji", "Bellandi", "Brannagh", "Castelmar", "Cavendoli", "Delacorne", "Dobrowski", "Eastmere", "Fairholm", "Ferrandes", "Gallaway", "Hartigan", "Ishimori", "Jankovar", "Kalyani", "Lindqvale", "Marchetta", "Nakahara", "Novarek", "Oyelami", "Pemberly", "Quintavel", "Raghavan", "Rosendal", "Santorelli", "Silveiro", "Tanabe", "Thornbury", "Ushakova", "Valkenaar", "Westerby", "Yamaguro", "Zielonka"]
COINED = ["Alvaro", "Argo", "Arvena", "Bergwerk", "Blaupause", "Brückenwerk", "Calido", "Certa", "Corvia", "Delvano", "Elbkante", "Enova", "Faden", "Fluxa", "Fortiva", "Gegenlicht", "Graphit", "Hafenblick", "Halbzeit", "Havelin", "Impulsiv", "Inora", "Jadewerk", "Kantwerk", "Klarweg", "Komet", "Kontura", "Kraftfeld", "Lichtung", "Lumeno", "Markant", "Medeo", "Mittelpunkt", "Nordkurve", "Novalis", "Ostwind", "Pfadwerk", "Planquadrat", "Querweg", "Ravello", "Rheinbogen", "Rundum", "Sefira", "Solido", "Stellwerk", "Taktgeber", "Tavira", "Tiefgang", "Umlauf", "Vandura", "Velora", "Vierkant", "Weitblick", "Werkraum", "Xenio", "Zahnrad", "Zeitsprung", "Zirkel"]
PLACES = ["Aachen", "Augsburg", "Bielefeld", "Bonn", "Braunschweig", "Bremen", "Chemnitz", "Darmstadt", "Dortmund", "Dresden", "Düsseldorf", "Erfurt", "Essen", "Frankfurt", "Freiburg", "Gera", "Göttingen", "Halle", "Hamburg", "Hannover", "Heidelberg", "Heilbronn", "Ingolstadt", "Jena", "Karlsruhe", "Kassel", "Kiel", "Koblenz", "Köln", "Leipzig", "Lübeck", "Magdeburg", "Mainz", "Mannheim", "München", "Münster", "Nürnberg", "Oldenburg", "Osnabrück", "Paderborn", "Potsdam", "Regensburg", "Rostock", "Saarbrücken", "Siegen", "Stuttgart", "Trier", "Ulm", "Wiesbaden", "Würzburg"]
QUARTERS = ["Altstadt", "Am Markt", "Bahnhof", "Brunnen", "Dom", "Fluss", "Hafen", "Handwerk", "Kanal", "Kaufhaus", "Kontor", "Lindenhof", "Mühle", "Neustadt", "Nord", "Ost", "Rathaus", "Schloss", "Speicher", "Stadtpark", "Süd", "Tor", "Turm", "Universität", "Werft", "West", "Zeche"]
CIRCLE_NAMES = ("Unternehmerkreis", "Frühstücksrunde", "Unternehmertreff", "Wirtschaftsrunde", "Netzwerk")
ROOMS = ("Gasthaus Linde", "Hotel am Park", "Haus der Wirtschaft", "Alte Post", "Café am Markt", "Ratskeller", "Gründerhaus")
OFFICES = {"Steuerberatung", "Rechtsanwälte", "Patentanwälte", "Notare", "Wirtschaftsprüfung", "Architekten", "Ingenieure"}
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ş": "s", " ": "-", "&": "und", ".": None, "(": None})


def person(seed: int, number: int, abroad: bool) -> tuple[str, str]:
    """First and last name of a member."""
    throw = die(seed, "name", number)
    if abroad:
        return FIRST_ABROAD[throw % len(FIRST_ABROAD)], LAST_ABROAD[(throw >> 16) % len(LAST_ABROAD)]
    return FIRST[throw % len(FIRST)], _surname(throw >> 16)


def _surname(throw: int) -> str:
    return FRONT[throw % len(FRONT)] + BACK[(throw >> 16) % len(BACK)]


def firm(seed: int, number: int, profession: int, last: str) -> str:
    """What a member's firm is called: mostly after its owner, as small firms are."""
    throw = die(seed, "firm", number)
    word = PROFESSIONS[profession].firm
    coined, other = COINED[(throw >> 8) % len(COINED)], _surname(throw >> 16)
    form = ("GmbH", "GmbH", "GmbH & Co. KG", "e. K.", "KG", "UG")[(throw >> 32) % 6]
    if word in OFFICES:
        return (f"{last} & {other} {word}", f"{last} {word}", f"{last}, {other} & Partner")[throw % 3]
    shapes = (
        f"{last} {word} {form}",
        f"{last} {word} {form}",
        f"{word} {last}",
        f"{coined} {word} {form}",
        f"{last} & {other} {word} {form}",
        f"{last} & Partner {word}",
    )
    return shapes[throw % len(shapes)]


def email(first: str, last: str, company: str) -> str:
    """An address in a domain that can never exist (RFC 2606)."""
    return f"{_plain(first)}.{_plain(last)}@{_plain(company.split(' GmbH')[0])}.example"


def _plain(text: str) -> str:
    return "".join(c for c in text.lower().translate(_PLAIN) if c.isascii() and (c.isalnum() or c == "-")).strip("-")


def place(region: int) -> str:
    """The town of a region."""
    return PLACES[region % len(PLACES)]


def group(seed: int, number: int, region: int) -> str:
    """What a group is called."""
    throw = die(seed, "group", number)
    return f"{CIRCLE_NAMES[throw % len(CIRCLE_NAMES)]} {place(region)} {QUARTERS[number % len(QUARTERS)]}"


def room(seed: int, number: int) -> str:
    """Where a group or a region meets."""
    return ROOMS[die(seed, "room", number) % len(ROOMS)]
