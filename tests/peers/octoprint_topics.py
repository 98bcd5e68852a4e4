"""A plugin of OctoPrint, run inside OctoPrint, that says what OctoPrint-MQTT 0.8 says: its topics, payloads, retained
flags and last will, as its README and its settings tell them. OctoPrint-MQTT itself is on no package registry.

It knows nothing of CraftOps and cannot import it. Settings below ``plugins.octoprint_topics``: host, port, username,
password, baseTopic.
"""

import json
import time

import octoprint.plugin
import paho.mqtt.client as mqtt
from octoprint.events import Events
from octoprint.printer import PrinterCallback

RETAINED_EVENTS = ("ZChange", "FirmwareData")
THRESHOLD = 0.1


class TopicsPlugin(
    octoprint.plugin.SettingsPlugin,
    octoprint.plugin.StartupPlugin,
    octoprint.plugin.ShutdownPlugin,
    octoprint.plugin.EventHandlerPlugin,
    octoprint.plugin.ProgressPlugin,
    PrinterCallback,
):
    client = None

    def initialize(self):
        self._told = {}
        self._printer.register_callback(self)

    def get_settings_defaults(self):
        return {"host": "127.0.0.1", "port": 1883, "username": "", "password": "", "baseTopic": "octoPrint/"}

    def on_startup(self, host, port):
        settings = self._settings
        self._base = settings.get(["baseTopic"])
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(settings.get(["username"]), settings.get(["password"]))
        self.client.will_set(self._base + "mqtt", "disconnected", qos=1, retain=True)
        self.client.on_connect = self._connected
        self.client.connect_async(settings.get(["host"]), settings.get_int(["port"]), keepalive=60)
        self.client.loop_start()

    def _connected(self, client, _userdata, _flags, code, _properties):
        if not code.is_failure:
            client.publish(self._base + "mqtt", "connected", qos=1, retain=True)

    def on_shutdown(self):
        if self.client is not None:
            self.client.publish(self._base + "mqtt", "disconnected", qos=1, retain=True)
            self.client.loop_stop()

    def on_event(self, event, payload):
        if event in (Events.PRINT_STARTED, Events.FILE_SELECTED):
            self.on_print_progress(payload["origin"], payload["path"], 0)
        elif event == Events.PRINT_DONE:
            self.on_print_progress(payload["origin"], payload["path"], 100)
        elif event == Events.FILE_DESELECTED:
            self.on_print_progress("", "", 0)
        self._say(f"event/{event}", {**(payload or {}), "_event": event}, retain=event in RETAINED_EVENTS)

    def on_print_progress(self, storage, path, progress):
        data = {"location": storage, "path": path, "progress": progress}
        self._say("progress/printing", {**data, "printer_data": self._printer.get_current_data()}, retain=True)

    def on_printer_add_temperature(self, data):
        for name, value in data.items():
            if name == "time" or not (value.get("actual") or value.get("target")):
                continue
            before = self._told.get(name, {})
            moved = abs((value["actual"] or 0) - (before.get("actual") or 0)) >= THRESHOLD
            if moved or value["target"] != before.get("target"):
                self._told[name] = value
                said = {"actual": value["actual"], "target": value["target"]}
                self._say(f"temperature/{name}", said, retain=True, at=data["time"])

    def _say(self, leaf, told, *, retain, at=None):
        """Nothing is kept for later: what is said while there is no broker is lost, as it is there."""
        if self.client is not None and self.client.is_connected():
            stamped = {**told, "_timestamp": int(at or time.time())}
            self.client.publish(self._base + leaf, json.dumps(stamped), qos=0, retain=retain)


__plugin_name__ = "Topics"
__plugin_pythoncompat__ = ">=3.9,<4"
__plugin_implementation__ = TopicsPlugin()
