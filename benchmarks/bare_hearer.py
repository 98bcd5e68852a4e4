"""A client of paho that reads what it hears and does nothing with it, in a process of its own: what the bridge is
measured against.

``python -m benchmarks.bare_hearer HOST PORT USER CLIENT COUNT TOPIC…`` reads the password from its standard input, says
"ready", and after ``COUNT`` messages how many milliseconds of a processor they took.
"""

from __future__ import annotations

import sys
import threading
import time

import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 60.0


def main(host: str, port: str, user: str, client_id: str, count: str, *topics: str) -> None:
    """Hear and tell."""
    heard, there, all_heard = 0, threading.Event(), threading.Event()

    def hear(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        nonlocal heard
        orjson.loads(message.payload)
        heard += 1
        if heard == int(count):
            all_heard.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.username_pw_set(user, sys.stdin.readline().strip())
    client.on_message = hear
    client.on_subscribe = lambda *_: there.set()
    client.connect(host, int(port))
    client.subscribe([(topic, 1) for topic in topics])
    client.loop_start()
    if not there.wait(PATIENCE_S):
        sys.exit("the broker does not let it hear")
    began = time.process_time()
    print("ready", flush=True)
    if not all_heard.wait(PATIENCE_S):
        sys.exit(f"only {heard} of {count} messages came")
    print((time.process_time() - began) * 1000, flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
