"""Labels that are hard to draw."""

from __future__ import annotations

from craftops.papers.labels import LabelPaper

SHOP = ("Werkstatt am Kanal GmbH", "Uferstraße 12", "10999 Berlin")
PLAIN = LabelPaper(
    SHOP, ("Ada Lind", "Gontardstraße 7", "10178 Berlin"), "K7RCX3-2", "K7RCX3", 2, 3, 1240, service="DHL Paket",
    number="00340434161094042557", language="de",
)  # fmt: skip
LONG = LabelPaper(
    SHOP,
    (
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG",
        "z. Hd. Frau Dr.-Ing. Annegret von Hohenstein-Wittelsbach", "Abteilung Sonderanfertigungen, Gebäude 14, Aufgang C",
        "Straße der Deutsch-Sowjetischen Freundschaft 127a", "06679 Hohenmölsen-Zembschen", "DEUTSCHLAND",
    ),
    "K7RCX3-12", "K7RCX3", 12, 14, 31_500, service="DPD Classic, Zustellung bis 12 Uhr", number="09980000020033",
    note="Bitte zweimal klingeln und im Hinterhof bei der Werkstatt abgeben.", language="de",
)  # fmt: skip
GREEK = LabelPaper(
    SHOP, ("Νίκη Παπαδοπούλου", "Σκουφά 11", "106 73 ΑΘΗΝΑ", "GREECE"), "K7RCX3-1", "K7RCX3", 1, 1, 420, "GR"
)
CHINESE = LabelPaper(
    SHOP, ("100080", "北京市海淀区", "中关村大街27号中关村大厦", "创造工坊有限公司", "王小明", "CHINA"), "K7RCX3-1", "K7RCX3", 1, 1, 420, "CN"
)  # fmt: skip
ARABIC = LabelPaper(
    SHOP, ("شركة الورشة المحدودة", "أحمد بن محمد", "شارع الملك فهد ١٢", "الرياض 12271", "SAUDI ARABIA"), "K7RCX3-1", "K7RCX3", 1, 1, 420, "SA"
)  # fmt: skip
LABELS = {"plain": PLAIN, "long": LONG, "greek": GREEK, "chinese": CHINESE, "arabic": ARABIC}
ROGUE = "^XZ^XA^FD~JR_5E\\&^FS^GB900,900,900^FS~DG"
"""A name that is a program for a printer."""
