"""Errors of EasyPost's shape, and which parameters each request knows (docs.easypost.com); others are refused."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


class EasyPostFault(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, *errors: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "errors": list(errors)}}


def missing(resource: str = "resource") -> EasyPostFault:
    return EasyPostFault(404, "NOT_FOUND", f"The requested {resource} could not be found.")


def wrong(field: str, message: str, code: str = "PARAMETER.INVALID") -> EasyPostFault:
    return EasyPostFault(422, code, message, {"field": field, "message": message})


ADDRESS: Tree = dict.fromkeys(
    ("id", "name", "company", "street1", "street2", "city", "state", "zip", "country", "phone", "email", "residential",
     "carrier_facility", "federal_tax_id", "state_tax_id", "verify", "verify_strict")
)  # fmt: skip
PARCEL: Tree = dict.fromkeys(("id", "length", "width", "height", "weight", "predefined_package"))
CUSTOMS_ITEM: Tree = dict.fromkeys(
    ("id", "description", "quantity", "value", "weight", "hs_tariff_number", "origin_country", "currency", "code",
     "manufacturer", "eccn", "printed_commodity_identifier")
)  # fmt: skip
CUSTOMS_INFO: Tree = {
    **dict.fromkeys(
        ("id", "eel_pfc", "customs_certify", "customs_signer", "contents_type", "contents_explanation",
         "restriction_type", "restriction_comments", "non_delivery_option", "declaration")
    ),
    "customs_items": CUSTOMS_ITEM,
}  # fmt: skip
OPTIONS: Tree = dict.fromkeys(
    ("label_format", "label_size", "label_date", "invoice_number", "print_custom_1", "print_custom_2", "currency",
     "delivery_confirmation", "incoterm", "date_advance", "handling_instructions")
)  # fmt: skip
SHIPMENT: Tree = {
    **dict.fromkeys(("reference", "is_return", "carrier_accounts", "insurance", "tax_identifiers")),
    "to_address": ADDRESS, "from_address": ADDRESS, "return_address": ADDRESS, "buyer_address": ADDRESS,
    "parcel": PARCEL, "customs_info": CUSTOMS_INFO, "options": OPTIONS,
}  # fmt: skip
LIST: Tree = dict.fromkeys(("before_id", "after_id", "start_datetime", "end_datetime", "page_size"))
KNOWN: dict[str, Tree] = {
    "create shipment": {"shipment": SHIPMENT},
    "list shipments": {**LIST, "purchased": None, "include_children": None},
    "buy shipment": {"rate": {"id": None}, "insurance": None, "end_shipper_id": None},
    "refund shipment": {},
    "label": {"file_format": None},
    "create tracker": {"tracker": dict.fromkeys(("tracking_code", "carrier"))},
    "list trackers": {**LIST, "tracking_code": None, "carrier": None},
    "create pickup": {
        "pickup": {
            **dict.fromkeys(("reference", "min_datetime", "max_datetime", "is_account_address", "instructions")),
            "address": ADDRESS, "shipment": {"id": None}, "batch": {"id": None}, "carrier_accounts": None,
        }
    },
    "list pickups": LIST,
    "buy pickup": dict.fromkeys(("carrier", "service")),
    "cancel pickup": {},
    "create webhook": {"webhook": {**dict.fromkeys(("url", "webhook_secret")), "custom_headers": {"name": None, "value": None}}},
    "list webhooks": LIST,
    "list events": LIST,
    "one": {},
}  # fmt: skip


def check(given: Any, what: str) -> None:
    """Refuse what EasyPost does not know. Raises EasyPostFault."""
    _check(given, KNOWN[what], "")


def _check(given: Any, tree: Tree | None, path: str) -> None:
    if isinstance(given, list):
        for one in given:
            _check(one, tree, path)
    elif isinstance(given, dict) and tree is not None:
        for key, value in given.items():
            where = f"{path}.{key}" if path else key
            if key not in tree:
                raise EasyPostFault(422, "PARAMETER.UNKNOWN", f"The local EasyPost knows no parameter {where}.", where)
            _check(value, tree[key], where)
    elif tree and given is not None:
        raise wrong(path, f"{path or 'The request'} is a group of parameters.")
