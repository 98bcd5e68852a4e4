"""Who brings parcels, and the pages on which everybody may follow one.

The addresses are those that each carrier's own site showed in 2025 and 2026; a site that moves is mended in the shop's
settings until the table is. Values are quoted, so that no number becomes another address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

PLACES = frozenset(("number", "postcode", "country", "lang"))
PLACE = re.compile(r"\{([^{}]*)\}")
KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Network:
    """Somebody who brings parcels. ``link`` may hold {number} {postcode} {country} {lang}; empty: there is no page."""

    key: str
    name: str
    link: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)
    """Our language -> how the site writes it; the first one stands for all others. Empty: as we write it."""


_EN_DE = {"en": "en", "de": "de"}
_TABLE = (
    Network(
        "dhl_paket",
        "DHL Paket",
        "https://www.dhl.de/{lang}/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
        {"de": "de", "en": "en"},
    ),
    Network(
        "dhl_express",
        "DHL Express",
        "https://www.dhl.com/global-en/home/tracking/tracking-express.html?submit=1&tracking-id={number}",
    ),
    Network(
        "dhl_ecommerce",
        "DHL eCommerce",
        "https://www.dhl.com/global-en/home/tracking/tracking-ecommerce.html?submit=1&tracking-id={number}",
    ),
    Network(
        "deutsche_post",
        "Deutsche Post",
        "https://www.deutschepost.de/{lang}/s/sendungsverfolgung.html?piececode={number}",
        {"de": "de", "en": "en"},
    ),
    Network(
        "dpd",
        "DPD",
        "https://tracking.dpd.de/status/{lang}/parcel/{number}",
        {"en": "en_US", "de": "de_DE", "fr": "fr_FR", "nl": "nl_NL"},
    ),
    Network("dpd_uk", "DPD UK", "https://track.dpd.co.uk/search?reference={number}&postcode={postcode}"),
    Network("gls", "GLS", "https://gls-group.com/GROUP/{lang}/parcel-tracking?match={number}", _EN_DE),
    Network("hermes", "Hermes", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}"),
    Network(
        "ups",
        "UPS",
        "https://www.ups.com/track?loc={lang}&tracknum={number}",
        {"en": "en_US", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT", "nl": "nl_NL"},
    ),
    Network("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    Network("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"),
    Network("royal_mail", "Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{number}"),
    Network("parcelforce", "Parcelforce", "https://www.parcelforce.com/track-trace?trackNumber={number}"),
    Network("evri", "Evri", "https://www.evri.com/track/parcel/{number}"),
    Network("yodel", "Yodel", "https://www.yodel.co.uk/tracking/{number}"),
    Network("an_post", "An Post", "https://www.anpost.com/Post-Parcels/Track/History?item={number}"),
    Network("la_poste", "La Poste / Colissimo", "https://www.laposte.fr/outils/suivre-vos-envois?code={number}"),
    Network(
        "chronopost",
        "Chronopost",
        "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}&langue={lang}",
        {"fr": "fr", "en": "en"},
    ),
    Network(
        "mondial_relay",
        "Mondial Relay",
        "https://www.mondialrelay.fr/suivi-de-colis/?NumeroExpedition={number}&CodePostal={postcode}",
    ),
    Network("post_at", "Österreichische Post", "https://www.post.at/s/sendungsdetails?snr={number}"),
    Network("swiss_post", "Swiss Post", "https://service.post.ch/ekp-web/ui/entry/search/{number}"),
    Network(
        "postnl",
        "PostNL",
        "https://jouw.postnl.nl/track-and-trace/{number}-{country}-{postcode}?language={lang}",
        {"en": "en", "nl": "nl", "de": "de", "fr": "fr"},
    ),
    Network(
        "bpost",
        "bpost",
        "https://track.bpost.cloud/btr/web/#/search?itemCode={number}&postalCode={postcode}&lang={lang}",
        {"en": "en", "nl": "nl", "fr": "fr", "de": "de"},
    ),
    Network(
        "correos",
        "Correos",
        "https://www.correos.es/{lang}/es/tools/tracker/items/details?tracking-number={number}",
        {"es": "es", "en": "en"},
    ),
    Network(
        "seur",
        "SEUR",
        "https://www.seur.com/livetracking/?segOnlineIdentificador={number}&segOnlineIdioma={lang}",
        {"es": "es", "en": "en"},
    ),
    Network("poste_italiane", "Poste Italiane", "https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}"),
    Network("brt", "BRT", "https://vas.brt.it/vas/sped_det_show.hsm?referer=sped_numspe_par.htm&Nspediz={number}"),
    Network("ctt", "CTT", "https://appserver.ctt.pt/CustomerArea/PublicArea_Detail?ObjectCodeInput={number}"),
    Network(
        "postnord",
        "PostNord",
        "https://tracking.postnord.com/{lang}/tracking?id={number}",
        {"en": "en", "sv": "se", "da": "dk", "fi": "fi", "nb": "no"},
    ),
    Network(
        "bring",
        "Posten / Bring",
        "https://tracking.bring.com/tracking/{number}?lang={lang}",
        {"en": "en", "nb": "no", "sv": "sv", "da": "da"},
    ),
    Network(
        "posti", "Posti", "https://www.posti.fi/{lang}/seuranta#/lahetys/{number}", {"en": "en", "fi": "fi", "sv": "sv"}
    ),
    Network("poczta_polska", "Poczta Polska", "https://emonitoring.poczta-polska.pl/?numer={number}"),
    Network("inpost", "InPost", "https://inpost.pl/sledzenie-przesylek?number={number}"),
    Network(
        "packeta",
        "Packeta",
        "https://tracking.packeta.com/{lang}/?id={number}",
        {"en": "en", "cs": "cs", "sk": "sk", "hu": "hu", "pl": "pl", "ro": "ro", "de": "de"},
    ),
    Network(
        "ceska_posta",
        "Česká pošta",
        "https://www.postaonline.cz/{lang}/trackandtrace/-/zasilka/cislo?parcelNumbers={number}",
        {"en": "en", "cs": "cs"},
    ),
    Network("elta", "ELTA Courier", "https://www.elta-courier.gr/search?br={number}"),
    Network(
        "canada_post",
        "Canada Post",
        "https://www.canadapost-postescanada.ca/track-reperage/{lang}#/search?searchFor={number}",
        {"en": "en", "fr": "fr"},
    ),
    Network(
        "purolator",
        "Purolator",
        "https://www.purolator.com/{lang}/shipping/tracker?pin={number}",
        {"en": "en", "fr": "fr"},
    ),
    Network("australia_post", "Australia Post", "https://auspost.com.au/mypost/track/details/{number}"),
    Network("nz_post", "NZ Post", "https://www.nzpost.co.nz/tools/tracking?trackid={number}"),
    Network(
        "japan_post",
        "Japan Post",
        "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}&locale={lang}",
        {"en": "en", "ja": "ja"},
    ),
    Network("other", "Another carrier"),
)
NETWORKS: Mapping[str, Network] = {one.key: one for one in _TABLE}
"""Those that are known everywhere, by key."""


def known_as(word: str) -> str:
    """The key of the network that is called so, by key or name; the word itself where the table has none."""
    return next((one.key for one in NETWORKS.values() if word in (one.key, one.name)), word)


def link(network: Network, number: str, postcode: str = "", country: str = "", language: str = "") -> str:
    """Where a parcel of ``network`` is followed; empty where there is no page, or something is missing that it wants.

    ``country`` is ISO 3166-1 alpha-2, ``language`` as browsers say it ("de", "de-AT").
    """
    spoken = language[:2].lower()
    if network.languages:
        spoken = network.languages.get(spoken, next(iter(network.languages.values())))
    values = {
        "number": "".join(number.split()),
        "postcode": "".join(postcode.split()),
        "country": country.upper(),
        "lang": spoken or "en",
    }
    wanted = set(PLACE.findall(network.link))
    if not network.link or not wanted <= PLACES or any(not values[one] for one in wanted):
        return ""
    return PLACE.sub(lambda place: quote(values[place[1]], safe=""), network.link)


def faults(network: Network) -> list[str]:
    """Why a network of a shop's own cannot be used, one sentence each."""
    found = []
    if not KEY.fullmatch(network.key):
        found.append("The key has small letters, digits and _, and begins with a letter.")
    if not network.name.strip() or len(network.name) > 60:
        found.append("Give it a name of up to 60 characters.")
    if not network.link:
        return found
    unknown = set(PLACE.findall(network.link)) - PLACES
    if unknown:
        found.append(f"The link knows {{number}}, {{postcode}}, {{country}} and {{lang}}, not {{{min(unknown)}}}.")
    if "{number}" not in network.link:
        found.append("The link needs {number} where the tracking number belongs.")
    if not _is_safe(network.link):
        found.append("The link begins with https:// and the name of a site, without places or spaces in it.")
    return found


def _is_safe(template: str) -> bool:
    if len(template) > LONGEST or not template.isascii() or any(one <= " " or one in "\\\"'<>" for one in template):
        return False
    try:
        parts = urlsplit(template)
        host, user = parts.hostname or "", parts.username
    except ValueError:
        return False
    plain = parts.scheme == "https" and "." in host and user is None
    return plain and "{" not in parts.netloc and PLACE.sub("", template).count("{") == 0
