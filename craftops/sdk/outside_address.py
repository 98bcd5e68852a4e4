"""Which addresses CraftOps calls. Only staff write them, and private ranges are where a shop's machines live.

What is never called: link-local addresses, among them the metadata services of clouds (169.254.169.254,
fd00:ec2::254, 100.100.100.200), multicast and "any". A name is checked where it leads to, after every connect.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from craftops.errors import IntakeError

NAT64 = ipaddress.ip_network("64:ff9b::/96")
METADATA = frozenset(ipaddress.ip_address(one) for one in ("100.100.100.200", "fd00:ec2::254"))


def is_forbidden(host: str) -> bool:
    """Whether this IP address, as text, is one that we never call; False for a name."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in METADATA


def is_inside(host: str) -> bool:
    """Whether this IP address, as text, is not one of the public internet (a computer's own, a network of one's own, an
    IPv4 address wrapped in an IPv6 one that is either); False for a name."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_inside(str(ipaddress.ip_address(int(address) & 0xFFFFFFFF)))
        if address.teredo is not None:
            return True
        if (wrapped := address.ipv4_mapped or address.sixtofour) is not None:
            return is_inside(str(wrapped))
    return not address.is_global or address.is_multicast


HTTP = ("http", "https")


def check_address(text: str, schemes: tuple[str, ...] = HTTP) -> str:
    """The address of a machine without a slash at its end; the first of ``schemes`` stands where none is written.

    Raises IntakeError with a sentence for the field.
    """
    text = text.strip()
    if "://" not in text:
        text = f"{schemes[0]}://{text}"
    samples = " or ".join(["http://192.168.1.20", "https://printer.example"] if schemes == HTTP else ["192.168.1.20"])
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise IntakeError(f"This is no address. Write it as {samples}.") from None
    if parts.scheme not in schemes or not parts.hostname or port == 0 or any(ord(c) <= 32 for c in text):
        raise IntakeError(f"Write the address as {samples}.")
    if parts.username is not None or parts.password is not None:
        raise IntakeError("Leave the password out of the address; it has a field of its own.")
    if parts.query or parts.fragment:
        raise IntakeError("The address ends before any ? or #.")
    if is_forbidden(parts.hostname):
        raise IntakeError("This address belongs to no machine of a shop. Take the one in your own network.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def check_url(text: str) -> str:
    """The whole address of a thing that is fetched, path and query and all; http stands where no scheme is written.

    Raises IntakeError with a sentence for the field.
    """
    text = text.strip()
    text = text if "://" in text else f"http://{text}"
    base, mark, query = text.partition("?")
    if "#" in text or "\\" in text or any(not 32 < ord(c) < 127 for c in text):
        raise IntakeError("Write the address as http://192.168.1.20/webcam/?action=snapshot.")
    slash = "/" if base.endswith("/") else ""
    return check_address(base) + slash + mark + query
