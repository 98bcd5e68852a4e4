"""The walk of ./.ci/compose --scale: two hosts that share PostgreSQL, S3 and a broker, and nothing else.

What has to be true: both answer and are ready, and the doctor finds nothing; each has a web process and a worker, one
bridge works and the other stands by; a file that came in through one is looked at, ordered and read through the other;
customers meet no closed door while one host is gone whole, whichever it is, and its bridge is taken over; and after
`down` and `up` it is the same shop.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from composed import (
    BROKER_PORT,
    HOST,
    OWNER,
    Browser,
    Composed,
    authority,
    logs,
    need,
    opened,
    run,
    say,
    until,
)

BROKER_PASSWORD, HOSTS = "of-the-broker", ("one", "two")
PROCESSES = {"web", "worker", "bridge"}
ADA = "ada@shop.example"
CUBE = """import sys
from craftops.testing.workshop import cube_stl
sys.stdout.buffer.write(cube_stl())"""
NAMES = """from pathlib import Path
words = {"web", "worker", "bridge"}
for line in Path("/proc").glob("[0-9]*/cmdline"):
    print(*words.intersection(line.read_bytes().decode(errors="replace").split(chr(0))))"""


def scale(shop: Composed) -> None:
    """All of it. Raises Failed."""
    prepared(shop)
    say("two hosts, the first time")
    shop("up", "-d", "--no-build")
    browser = Browser(authority(shop))
    until(lambda: browser.get("/healthz")[0] == 200, "nobody answers behind Caddy")
    for name in HOSTS:
        until(lambda name=name: ready(name), f"{name} is not ready")  # type: ignore[misc]
    opened(shop, browser, "one")
    each_has_its_processes(shop)
    token = an_order_through_both(shop)
    machines_are_let_in()
    for name in HOSTS:
        without(shop, name, token)
    say("the same shop, the second time")
    shop("down")
    shop("up", "-d", "--no-build")
    again = Browser(authority(shop))
    until(lambda: again.get("/healthz")[0] == 200, "nobody answers the second time")
    status, page, _headers = again.send("/sign-in", {"email": OWNER[0], "password": OWNER[1]})
    need(status == 200 and "Werkraum" in page, f"its owner cannot sign in ({status})")


def prepared(shop: Composed) -> None:
    """As the head of the file asks, by the commands that stand there."""
    shop.write(S3_KEY="shop", S3_SECRET="of-the-bucket")
    shop.told(r"python3 -c .* > secret\.key")
    shop.told(r"docker run .* mosquitto_passwd .*", PASSWORD=BROKER_PASSWORD)
    # So it is made since 2.0.12; Debian's is older.
    (shop.folder / "mosquitto" / "passwords").chmod(0o600)
    shop.told(r"mkdir backups.*")
    shop.change("shop.scale.toml", "PASSWORD", BROKER_PASSWORD)
    shop.change("shop.scale.toml", "shop.example", HOST)


def address_of(name: str) -> str:
    """Where a host answers without the proxy."""
    found = json.loads(run("podman", "inspect", f"shop_{name}_1"))[0]["NetworkSettings"]["Networks"]
    return next(f"http://{one['IPAddress']}:8080" for network, one in found.items() if network.endswith("front"))


def ask(name: str, path: str, body: bytes | None = None, token: str = "") -> tuple[int, bytes]:
    """Status and answer of one host; 0 where nobody answers."""
    kind = "application/json" if path.endswith("orders") else "application/octet-stream"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind} if token else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address_of(name) + path, body, headers), timeout=30
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, StopIteration, ValueError):
        return 0, b""


def ready(name: str) -> bool:
    return ask(name, "/readyz")[0] == 200


def bridges(shop: Composed) -> dict[str, str]:
    """What each host's bridge said last of itself."""
    said = {name: re.findall(r"(this is the bridge now|standby)", logs(f"shop_{name}_1")) for name in HOSTS}
    return {name: words[-1] if words else "" for name, words in said.items()}


def each_has_its_processes(shop: Composed) -> None:
    say("two webs, two workers, two bridges")
    for name in HOSTS:
        found = set(shop.inside(name, "python", "-c", NAMES).split())
        need(found >= PROCESSES, f"{name} runs {found} alone")
        need("All is well" in shop.inside(name, "craftops", "doctor"), f"the doctor finds something on {name}")
    until(lambda: sorted(bridges(shop).values()) == ["standby", "this is the bridge now"], f"bridges: {bridges(shop)}")


def an_order_through_both(shop: Composed) -> str:
    """The token of a customer, whose file came through one host and whose order through the other."""
    say("a file through one host, its order through the other")
    shop.inside("two", "craftops", "user", "create", ADA, "--name", "Ada", "--password", "a long password of Ada's")
    scopes = [word for one in ("orders:read", "orders:write", "files:read", "files:write") for word in ("--scope", one)]
    token = shop.inside("one", "craftops", "token", "create", "ada", "--customer", ADA, *scopes).split()[-1]
    cube = subprocess.run(["podman", "exec", "shop_one_1", "python", "-c", CUBE], capture_output=True).stdout
    status, said = ask("one", "/api/v1/files?name=cube.stl", cube, token)
    need(status == 201, f"the file is not taken ({status} {said[:300]!r})")
    file = json.loads(said)["id"]
    until(
        lambda: json.loads(ask("two", f"/api/v1/files/{file}", token=token)[1]).get("verdict") == "accepted",
        "no verdict",
    )
    line = {"file_id": file, "quantity": 1, "material": "pla", "colour": "Black", "finish": "as_made"}
    order = json.dumps({"lines": [line], "delivery": "pickup", "submit_token": "once"}).encode()
    status, said = ask("two", "/api/v1/orders", order, token)
    need(status == 201, f"the order is not taken ({status} {said[:300]!r})")
    code = json.loads(said)["code"]
    for name in HOSTS:
        status, said = ask(name, f"/api/v1/orders/{code}", token=token)
        need(status == 200 and json.loads(said)["code"] == code, f"{name} does not know the order")
        place = shop.inside(name, "find", "/var/lib/craftops", "-name", "cube.stl")
        need(not place.strip(), "a host keeps files by names of customers")
    return token


def machines_are_let_in() -> None:
    """The broker takes its own user, and nobody without a password."""
    said = subprocess.run(
        ["mosquitto_pub", "-p", str(BROKER_PORT), "-t", "craftops/x", "-m", "x"], capture_output=True, text=True
    )
    need(said.returncode, "the broker lets anybody in")
    known = ["-u", "server", "-P", BROKER_PASSWORD]
    run("mosquitto_pub", "-p", str(BROKER_PORT), *known, "-t", "craftops/x", "-m", "x", "-q", "1")


def without(shop: Composed, name: str, token: str) -> None:
    """A host is gone whole while somebody asks for pages all the time; then it is back."""
    other = next(one for one in HOSTS if one != name)
    say(f"without {name}")
    visitor, over, odd, asked = Browser(authority(shop)), threading.Event(), [], []

    def visit() -> None:
        while not over.wait(0.05):
            began = time.monotonic()
            status = visitor.get("/sign-in")[0]
            asked.append(time.monotonic() - began)
            if status != 200:
                odd.append(status)

    thread = threading.Thread(target=visit)
    thread.start()
    run("podman", "kill", f"shop_{name}_1")
    until(lambda: bridges(shop)[other] == "this is the bridge now", f"{other} does not take the bridge over", 60)
    time.sleep(10)
    need(ready(other), f"{other} is not ready alone")
    need(ask(other, "/api/v1/orders", token=token)[0] == 200, f"{other} does not answer alone")
    run("podman", "start", f"shop_{name}_1")
    until(lambda: ready(name), f"{name} does not come back")
    time.sleep(8)  # the proxy asks every three seconds
    over.set()
    thread.join()
    print(f"{len(asked)} pages, {len(odd)} not answered, the slowest after {max(asked):.1f} s", file=sys.stderr)
    need(len(odd) <= 1, f"{len(odd)} of {len(asked)} visitors met a closed door: {sorted(set(odd))}")
