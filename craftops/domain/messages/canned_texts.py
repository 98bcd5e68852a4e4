"""The canned responses that come with CraftOps, in English and German. A shop changes or removes them as it likes."""

from __future__ import annotations

from craftops.domain.messages.canned import CannedResponse

SHIPPED = tuple(
    CannedResponse(0, f"{key}-{language}", title, body, language)
    for key, language, title, body in (
        (
            "when", "en", "When will it be ready?",
            "Hello {name|there},\n\nyour order {order_code} is at: {stage}. As things stand it is ready {eta_window}."
            " The page moves with the machines, so it always knows best:\n{tracker_link}",
        ),
        (
            "when", "de", "Wann ist es fertig?",
            "Hallo {name|zusammen},\n\nIhr Auftrag {order_code} steht bei: {stage}. Nach jetzigem Stand ist er fertig:"
            " {eta_window}. Die Seite folgt den Maschinen und weiß es immer am besten:\n{tracker_link}",
        ),
        (
            "pickup", "en", "Where and when to pick up",
            "Hello {name|there},\n\nyou can pick {order_code} up here:\n{pickup_address}\n\nWe are open {pickup_hours}."
            " Bring the code that stands on the page of your order, that is all we need.",
        ),
        (
            "pickup", "de", "Wo und wann abholen",
            "Hallo {name|zusammen},\n\nSie können {order_code} hier abholen:\n{pickup_address}\n\nWir haben geöffnet:"
            " {pickup_hours}. Bringen Sie den Code von der Seite Ihres Auftrags mit, mehr brauchen wir nicht.",
        ),
        (
            "better-file", "en", "Please send a better file",
            "Hello {name|there},\n\nwe cannot make {order_title} from this file as it is. Could you send a corrected"
            " one? Attach it here or on the page of your order, both work:\n{tracker_link}",
        ),
        (
            "better-file", "de", "Bitte eine bessere Datei",
            "Hallo {name|zusammen},\n\naus dieser Datei können wir {order_title} so nicht fertigen. Können Sie uns eine"
            " korrigierte senden? Hängen Sie sie hier an oder auf der Seite Ihres Auftrags, beides geht:"
            "\n{tracker_link}",
        ),
        (
            "change", "en", "Yes, we can still change that",
            "Hello {name|there},\n\nyes, that still works: nothing of {order_code} has been made yet. We have noted"
            " it.",
        ),
        (
            "change", "de", "Ja, das lässt sich noch ändern",
            "Hallo {name|zusammen},\n\nja, das geht noch: von {order_code} ist noch nichts gefertigt. Wir haben es"
            " vermerkt.",
        ),
        (
            "delay", "en", "It takes longer, we are sorry",
            "Hello {name|there},\n\n{order_code} takes longer than we promised, and we are sorry. We now expect it"
            " {eta_window}. If that is too late for you, tell us; we look for a way.",
        ),
        (
            "delay", "de", "Es dauert länger, das tut uns leid",
            "Hallo {name|zusammen},\n\n{order_code} dauert länger als versprochen, das tut uns leid. Wir rechnen jetzt"
            " mit: {eta_window}. Wenn das für Sie zu spät ist, sagen Sie es uns; wir suchen einen Weg.",
        ),
        (
            "thanks", "en", "Thank you",
            "Hello {name|there},\n\nthank you, that helps. We go on with {order_code}.",
        ),
        (
            "thanks", "de", "Vielen Dank",
            "Hallo {name|zusammen},\n\nvielen Dank, das hilft uns. Wir machen mit {order_code} weiter.",
        ),
    )
)  # fmt: skip
