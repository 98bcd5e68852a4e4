"""What EasyPost does: selling, refunding, tracking, fetching."""

from __future__ import annotations

import io
import secrets
import time
from datetime import timedelta

from craftops.testing.easypost import objects
from craftops.testing.easypost.faults import EasyPostFault, Tree, missing, wrong
from craftops.testing.easypost.ledger import PostLedger
from craftops.testing.easypost.objects import Thing

FORMATS = {"PNG": "image/png", "PDF": "application/pdf", "ZPL": "application/zpl", "EPL2": "application/epl2"}
SCANNED = frozenset(
    ("in_transit", "out_for_delivery", "delivered", "available_for_pickup", "return_to_sender", "failure")
)
HERE = "http://easypost.invalid"
"""Stands for the address of the local EasyPost, which is another after a restart."""
STATUSES = (*sorted(SCANNED), "unknown", "pre_transit", "cancelled", "error")
TRIALS = {
    "EZ1000000001": "pre_transit", "EZ2000000002": "in_transit", "EZ3000000003": "out_for_delivery",
    "EZ4000000004": "delivered", "EZ5000000005": "return_to_sender", "EZ6000000006": "failure", "EZ7000000007": "unknown",
}  # fmt: skip
"""Numbers that EasyPost has for trials, and what they say at once."""


def create(ledger: PostLedger, given: Tree, mode: str) -> Thing:
    label_format = (given.get("options") or {}).get("label_format", "PNG")
    if label_format not in FORMATS:
        raise wrong("options.label_format", f"No such format: {label_format}.")
    return ledger.add(objects.shipment(given, ledger.now, mode))


def buy(ledger: PostLedger, shipment: Thing, given: Tree) -> Thing:
    """Sell a label once. Raises EasyPostFault."""
    if shipment["postage_label"] is not None:
        raise EasyPostFault(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
    wanted = (given.get("rate") or {}).get("id")
    rate = next((one for one in shipment["rates"] if one["id"] == wanted), None)
    if rate is None:
        raise EasyPostFault(422, "SHIPMENT.RATE.INVALID", "The rate does not belong to this shipment.")
    number = _number(rate["carrier"])
    form = shipment["options"].get("label_format", "PNG")
    url = f"{HERE}/files/postage_label/{secrets.token_hex(16)}.{form.lower()}"
    shipment.update(
        postage_label=objects.postage_label(ledger.now, url, FORMATS[form]),
        selected_rate=rate, tracking_code=number, updated_at=objects.stamp(ledger.now),
    )  # fmt: skip
    made = objects.tracker(ledger.now, shipment["mode"], number, rate["carrier"], shipment["id"])
    shipment["tracker"] = ledger.add(made)
    ledger.notes[shipment["id"]]["file"] = url
    ledger.tell("tracker.created", made)
    return shipment


def _number(carrier: str) -> str:
    """A number of the carrier's shape, with its check digit."""
    digits = "".join(secrets.choice("0123456789") for _ in range(12))
    if carrier == "USPS":
        body = f"940010020{digits}"
        total = sum(int(one) * (3 if place % 2 == 0 else 1) for place, one in enumerate(reversed(body)))
        return f"{body}{-total % 10}"
    if carrier == "UPS":
        body = f"5R8939{digits[:9]}"
        signs = [int(one) if one.isdigit() else (ord(one) - 63) % 10 for one in body]
        return f"1Z{body}{-sum(v * (2 if n % 2 else 1) for n, v in enumerate(signs)) % 10}"
    if carrier == "DhlExpress":
        return f"{digits[:9]}{int(digits[:9]) % 7}"
    return f"09{digits}"


def refund(ledger: PostLedger, shipment: Thing) -> Thing:
    """Ask for the money of a label. Raises EasyPostFault where there is none, or the parcel has left with it."""
    if shipment["postage_label"] is None:
        raise EasyPostFault(422, "SHIPMENT.REFUND.NO_POSTAGE", "There is no postage to refund.")
    if shipment["refund_status"] is None:
        if shipment["tracker"]["status"] in SCANNED:
            raise EasyPostFault(
                422, "SHIPMENT.REFUND.UNAVAILABLE", "Refund request unavailable. The parcel has already shipped."
            )
        shipment.update(refund_status="submitted", updated_at=objects.stamp(ledger.now))
    return shipment


def settle_refund(ledger: PostLedger, shipment: Thing, *, paid: bool) -> None:
    """What came of it, days later."""
    before = shipment["refund_status"]
    shipment["refund_status"] = "refunded" if paid else "rejected"
    ledger.tell("refund.successful" if paid else "refund.failed", shipment, {"refund_status": before})


def track(ledger: PostLedger, given: Tree, mode: str) -> Thing:
    """A tracker for a number, the same one again for a number that is followed. Raises EasyPostFault."""
    code = str(given.get("tracking_code") or "").strip()
    if not code or len(code) > 60:
        raise wrong("tracker.tracking_code", "A tracker has a number.", "TRACKER.CODE.INVALID")
    carrier = given.get("carrier")
    for one in ledger.of("Tracker", mode):
        if one["tracking_code"] == code and carrier in (None, "", one["carrier"]):
            return one
    made = ledger.add(objects.tracker(ledger.now, mode, code, str(carrier or "USPS"), None))
    if code in TRIALS and TRIALS[code] != "unknown":
        move(ledger, made, TRIALS[code])
    return made


def move(ledger: PostLedger, tracker: Thing, status: str, message: str = "", city: str | None = None) -> Thing:
    """The carrier scans a parcel; its event goes to the webhooks."""
    if status not in STATUSES:
        raise EasyPostFault(400, "STATUS.INVALID", f"Not one of: {', '.join(STATUSES)}.")
    before, now = tracker["status"], ledger.now
    told = message or status.replace("_", " ").capitalize()
    tracker["tracking_details"].append(objects.tracking_detail(now, tracker["carrier"], status, told, city))
    tracker.update(status=status, status_detail="status_update", updated_at=objects.stamp(now))
    tracker["est_delivery_date"] = tracker["est_delivery_date"] or objects.stamp(now + timedelta(days=2))
    tracker["carrier_detail"] = tracker["carrier_detail"] or objects.carrier_detail()
    tracker["finalized"] = status in ("delivered", "return_to_sender", "cancelled")
    if status == "delivered":
        tracker["signed_by"] = "J Doe"
    shipment = ledger.things.get(tracker["shipment_id"] or "")
    if shipment is not None:
        shipment.update(status=status, tracker=tracker)
    ledger.tell("tracker.updated", tracker, {"status": before})
    return tracker


def fetch(ledger: PostLedger, given: Tree, mode: str) -> Thing:
    """A pickup for a shipment. Raises EasyPostFault."""
    shipment = (given.get("shipment") or {}).get("id")
    if shipment is None or ledger.things.get(shipment, {}).get("postage_label") is None:
        raise EasyPostFault(422, "PICKUP.SHIPMENT.INVALID", "A pickup is for a shipment that has postage.")
    return ledger.add(objects.pickup(given, ledger.now, mode))


def buy_pickup(ledger: PostLedger, made: Thing, given: Tree) -> Thing:
    """Raises EasyPostFault."""
    rates = [one for one in made["pickup_rates"] if (one["carrier"], one["service"]) == (given.get("carrier"), given.get("service"))]  # fmt: skip
    if not rates:
        raise missing("pickup rate")
    if made["status"] != "unknown":
        raise EasyPostFault(422, "PICKUP.ALREADY_SCHEDULED", "This pickup has been scheduled already.")
    digits = "".join(secrets.choice("0123456789") for _ in range(8))
    made.update(status="scheduled", confirmation=f"WTC{digits}", updated_at=objects.stamp(ledger.now))
    return made


def cancel_pickup(ledger: PostLedger, made: Thing) -> Thing:
    if made["status"] != "scheduled":
        raise EasyPostFault(422, "PICKUP.NOT_SCHEDULED", "Only a scheduled pickup can be cancelled.")
    made.update(status="canceled", updated_at=objects.stamp(ledger.now))
    return made


def convert(ledger: PostLedger, shipment: Thing, form: str) -> Thing:
    """The label in another format. Raises EasyPostFault."""
    label = shipment["postage_label"]
    if label is None or form not in FORMATS:
        raise EasyPostFault(422, "SHIPMENT.LABEL.INVALID", "There is no label, or no such format.")
    url = f"{HERE}/files/postage_label/{secrets.token_hex(16)}.{form.lower()}"
    name = {"PDF": "label_pdf_url", "ZPL": "label_zpl_url", "EPL2": "label_epl2_url", "PNG": "label_url"}[form]
    label.update({name: url, "updated_at": objects.stamp(ledger.now)})
    return shipment


def label_file(form: str, text: str) -> tuple[str, bytes]:
    """Media type and bytes of a label that carries nothing."""
    if form == "zpl":
        return "application/zpl", f"^XA^FO50,50^A0N,40,40^FDTEST LABEL^FS^FO50,120^BCN,100^FD{text}^FS^XZ".encode()
    from PIL import Image, ImageDraw

    picture = Image.new("1", (1200, 1800), 1)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 20, 1180, 1780), outline=0, width=6)
    pen.text((80, 80), f"TEST LABEL\n\n{text}", fill=0, font_size=60)
    out = io.BytesIO()
    if form == "pdf":
        picture.save(out, "PDF", resolution=300, creationDate=time.gmtime(0), modDate=time.gmtime(0))
    else:
        picture.save(out, "PNG", dpi=(300, 300))
    return FORMATS[form.upper()], out.getvalue()
