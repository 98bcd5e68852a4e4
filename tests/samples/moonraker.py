"""A Moonraker with its Klipper that does what its test says, faithful to what 0.11 was recorded saying, and as faulty
as needed. HTTP and JSON-RPC over a websocket on one port. Nothing happens by itself."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from craftops_machines.moonraker import MoonrakerDriver
from samples.serving import FakeMachine, ServedHandler, frame

from craftops.domain.machines.readings import Reading
from craftops.testing.links import FollowedLink, followed

KEY = "0123456789abcdef0123456789abcdef"
SHUTDOWN = "MCU 'mcu' shutdown: Stepper too far in past\nThis generally occurs when the micro-controller has been\n"
TRACEBACK = 'Traceback (most recent call last):\n  File "klippy_connection.py", line 7, in request\n'


def ready() -> dict[str, dict[str, Any]]:
    """Klipper that has just started."""
    return {
        "webhooks": {"state": "ready", "state_message": "Printer is ready"},
        "print_stats": {"filename": "", "total_duration": 0.0, "print_duration": 0.0, "filament_used": 0.0, "state": "standby",
                        "message": "", "info": {"total_layer": None, "current_layer": None}},
        "virtual_sdcard": {"file_path": None, "progress": 0.0, "is_active": False, "file_position": 0, "file_size": 0},
        "display_status": {"progress": 0.0, "message": None},
        "gcode_move": {"speed_factor": 1.0, "speed": 1500.0},
        "toolhead": {"stalls": 0, "print_time": 87.71, "estimated_print_time": 94.52},
    }  # fmt: skip


class FakeMoonraker(FakeMachine):
    def __init__(self, *, trusting: bool = False, prefix: str = "") -> None:
        self.trusting = trusting
        self.prefix = prefix
        self.keys = {KEY}
        self.tokens: set[str] = set()
        self.klippy = "ready"
        self.objects = ready()
        self.files: dict[str, bytes] = {}
        self.history: list[dict[str, Any]] = []
        self.has_history = True
        self.mute_history = False
        """Whether its notices of the history are lost."""
        self.job: dict[str, Any] | None = None
        self.slow: set[str] = set()
        """Methods that are obeyed and not answered (a macro that goes on for minutes)."""
        self.refusals: dict[str, dict[str, Any]] = {}
        self.webcams: list[dict[str, Any]] = []
        self.pictures: dict[str, bytes] = {}
        self.keys_seen: list[str | None] = []
        """With what key each picture was asked for."""
        self._sockets: dict[socket.socket, bool] = {}
        self.handler = Handler
        super().__init__()

    def stop(self) -> None:
        super().stop()
        with self.lock:
            self._sockets.clear()

    def restart(self) -> None:
        """Moonraker is killed and started again; Klipper has noticed nothing."""
        self.stop()
        if self.job is not None:
            self.job["status"] = "interrupted"
            self.job = None
        self.run()

    # what the test lets happen

    def change(self, **objects: dict[str, Any]) -> None:
        """Klipper's objects change; whoever is subscribed hears of what is new in them."""
        with self.lock:
            delta: dict[str, dict[str, Any]] = {}
            for name, values in objects.items():
                new = {key: value for key, value in values.items() if self.objects[name].get(key) != value}
                self.objects[name].update(new)
                if new:
                    delta[name] = new
            if delta:
                self.notify("notify_status_update", delta, 1451.64, subscribed=True)

    def print(self, name: str, *, history: bool = True) -> None:
        self.starts.append(name)
        stats = {
            "filename": name,
            "total_duration": 0.005,
            "print_duration": 0.0,
            "filament_used": 0.0,
            "state": "printing",
            "message": "",
        }
        self.change(print_stats=stats, virtual_sdcard={"is_active": True, "progress": 0.0, "file_position": 0})
        if history:
            self.job = {
                "job_id": f"{len(self.history) + 1:06X}", "filename": name, "status": "in_progress", "start_time": time.time(),
                "end_time": None, "print_duration": 0.0, "total_duration": 0.005, "filament_used": 0.0,
                "metadata": {"size": 1000, "estimated_time": 600}, "exists": True, "user": "_TRUSTED_USER_",
            }  # fmt: skip
            self.history.append(self.job)
            self._tell_history("added", self.job)

    def go_on(self, position: int, elapsed: float) -> None:
        self.change(
            print_stats={"print_duration": elapsed, "total_duration": elapsed + 30.0, "filament_used": elapsed,
                         "info": {"total_layer": 8, "current_layer": 3}},
            virtual_sdcard={"progress": position / 1000, "file_position": position},
            toolhead={"print_time": 112.76, "estimated_print_time": 111.2},
        )  # fmt: skip

    def pause(self, paused: bool = True) -> None:
        self.change(print_stats={"state": "paused" if paused else "printing"})

    def finish(self) -> None:
        self.change(print_stats={"state": "complete"}, virtual_sdcard={"is_active": False, "progress": 1.0})
        self._ended("completed")

    def cancel(self) -> None:
        self.change(print_stats={"state": "cancelled"}, virtual_sdcard={"is_active": False, "progress": 0.0})
        self._ended("cancelled")

    def fail(self, error: str) -> None:
        self.change(print_stats={"state": "error", "message": error}, virtual_sdcard={"is_active": False})
        self._ended("error")

    def shutdown(self) -> None:
        """The printer's board has stopped; Klipper's word of the print freezes at "paused", as it was recorded."""
        self.klippy = "shutdown"
        self.change(webhooks={"state": "shutdown", "state_message": SHUTDOWN})
        self.notify("notify_klippy_shutdown")
        self._ended("klippy_shutdown")
        self.change(print_stats={"state": "paused", "total_duration": 99.0}, virtual_sdcard={"is_active": False})

    def lose_klippy(self) -> None:
        """Klipper's process is gone, and every subscription with it."""
        self.klippy = "disconnected"
        with self.lock:
            self._sockets = dict.fromkeys(self._sockets, False)
        self.notify("notify_klippy_disconnected")
        self._ended("klippy_disconnect")

    def restart_klippy(self) -> None:
        self.objects = ready()
        self.klippy = "ready"
        with self.lock:
            self._sockets = dict.fromkeys(self._sockets, False)
        self.notify("notify_klippy_ready")

    def _ended(self, status: str) -> None:
        job, self.job = self.job, None
        if job is not None:
            stats = self.objects["print_stats"]
            job |= {"status": status, "end_time": time.time(), "print_duration": stats["print_duration"],
                    "total_duration": stats["total_duration"]}  # fmt: skip
            self._tell_history("finished", job)

    def _tell_history(self, action: str, job: dict[str, Any]) -> None:
        if not self.mute_history:
            self.notify("notify_history_changed", {"action": action, "job": job})

    # what it says

    def notify(self, method: str, *params: Any, subscribed: bool = False) -> None:
        self.say_raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": list(params)}).encode(), subscribed)

    def say_raw(self, content: bytes, subscribed: bool = False) -> None:
        with self.lock:
            for link, listens in list(self._sockets.items()):
                if listens or not subscribed:
                    with suppress(OSError):
                        link.sendall(frame(content))

    def has_listener(self) -> bool:
        with self.lock:
            return any(self._sockets.values())

    def info(self) -> dict[str, Any]:
        state = "disconnected" if self.klippy == "never" else self.klippy
        return {"klippy_connected": state != "disconnected", "klippy_state": state,
                "moonraker_version": "0.11.0", "api_version": [1, 5, 0], "warnings": []}  # fmt: skip

    def query(self, objects: dict[str, Any]) -> dict[str, Any]:
        status = {name: {key: value for key, value in self.objects[name].items() if keys is None or key in keys}
                  for name, keys in objects.items() if name in self.objects}  # fmt: skip
        return {"eventtime": 1449.39, "status": status}

    def entries(self, limit: int) -> dict[str, Any]:
        return {"count": len(self.history), "jobs": self.history[::-1][:limit]}

    def steer(self, method: str, told: dict[str, Any]) -> None:
        if method.endswith("start"):
            self.print(told["filename"])
        elif method.endswith("cancel"):
            self.cancel()
        else:
            self.pause(method.endswith("pause"))


class Wrong(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Handler(ServedHandler):
    @property
    def moon(self) -> FakeMoonraker:
        found: FakeMoonraker = self.server.machine
        return found

    def error(self, code: int, message: str) -> None:
        self.say(code, {"error": {"code": code, "message": message, "traceback": TRACEBACK}})

    def request_of(self, method: str) -> None:
        moon, parts, body = self.moon, urlsplit(self.path), self.body()
        if not parts.path.startswith(f"{moon.prefix}/"):
            self.error(404, "Not Found")
            return
        path, query = parts.path.removeprefix(moon.prefix), parse_qs(parts.query)
        moon.asked.append(f"{method} {path}")
        token = query.get("token", [""])[0]
        known = moon.trusting or self.headers.get("X-Api-Key") in moon.keys or token in moon.tokens
        if parts.path in moon.pictures:  # nginx gives them out, and asks nobody
            moon.keys_seen.append(self.headers.get("X-Api-Key"))
            self.say(200, moon.pictures[parts.path], Content_Type="image/jpeg")
        elif not known:
            self.error(401, "Unauthorized")
        elif path == "/server/info":
            self.say(200, {"result": moon.info()})
        elif path == "/server/webcams/list":
            self.say(200, {"result": {"webcams": moon.webcams}})
        elif path == "/access/oneshot_token":
            moon.tokens.add(f"T{len(moon.asked)}")
            self.say(200, {"result": f"T{len(moon.asked)}"})
        elif path == "/server/history/list":
            self.say(200, {"result": moon.entries(int(query["limit"][0]))})
        elif path == "/server/files/upload":
            self.upload(body)
        elif path == "/websocket":
            moon.tokens.discard(token)
            self.websocket()
        else:
            self.error(404, "Not Found")

    def upload(self, body: bytes) -> None:
        found = re.search(rb'filename="([^"]+)"\r\n[^\r]*\r\n\r\n(.*)\r\n--', body, re.DOTALL)
        assert found, body[:300]
        name = found[1].decode()
        if self.moon.objects["print_stats"]["filename"] == name and self.moon.job is not None:
            self.error(403, "File is loaded, upload not permitted")
            return
        self.moon.files[name] = found[2]
        item = {"path": name, "root": "gcodes", "size": len(found[2])}
        self.say(
            201, {"result": {"item": item, "print_started": False, "print_queued": False, "action": "create_file"}}
        )

    def websocket(self) -> None:
        moon = self.moon
        self.upgrade()
        with moon.lock:
            moon._sockets[self.connection] = False
        try:
            while (content := self.hear()) is not None:
                self.answer(json.loads(content))
        finally:
            with moon.lock:
                moon._sockets.pop(self.connection, None)

    def answer(self, asked: dict[str, Any]) -> None:
        moon, method = self.moon, asked["method"]
        moon.asked.append(method)
        if method in moon.deaf:
            self.cut()
            return
        try:
            if method in moon.refusals:
                raise Wrong(moon.refusals[method]["code"], moon.refusals[method]["message"])
            said = {"result": METHODS[method](self, asked["params"])}
        except Wrong as wrong:
            said = {"error": {"code": wrong.code, "message": wrong.message}}
        if method in moon.lose:
            moon.lose.discard(method)
            self.cut()
        elif method not in moon.slow:
            with moon.lock:
                self.connection.sendall(frame(json.dumps({"jsonrpc": "2.0", **said, "id": asked["id"]}).encode()))

    def need_klippy(self) -> FakeMoonraker:
        if self.moon.klippy == "never":  # since it was started: it learns its printer methods from Klipper
            raise Wrong(-32601, "Method not found")
        if self.moon.klippy == "disconnected":
            raise Wrong(503, "Klippy Host not connected")
        return self.moon

    def identify(self, told: dict[str, Any]) -> dict[str, Any]:
        assert {"client_name", "version", "type", "url"} <= set(told)
        return {"connection_id": id(self)}

    def subscribe(self, told: dict[str, Any]) -> dict[str, Any]:
        moon = self.need_klippy()
        with moon.lock:
            moon._sockets[self.connection] = True
            return moon.query(told["objects"])

    def listed(self, told: dict[str, Any]) -> dict[str, Any]:
        if not self.moon.has_history:
            raise Wrong(-32601, "Method not found")
        return self.moon.entries(told["limit"])

    def one_job(self, told: dict[str, Any]) -> dict[str, Any]:
        for job in self.moon.history:
            if job["job_id"] == told["uid"]:
                return {"job": job}
        raise Wrong(404, f"Invalid job uid: {told['uid']}")

    def steer(self, method: str, told: dict[str, Any]) -> str:
        moon = self.need_klippy()
        state = moon.objects["print_stats"]["state"]
        if method.endswith("start") == (state in ("printing", "paused")):
            raise Wrong(400, "{'error': 'WebRequestError', 'message': 'SD busy'}")
        moon.steer(method, told)
        return "ok"


METHODS: dict[str, Callable[[Handler, dict[str, Any]], Any]] = {
    "server.connection.identify": Handler.identify,
    "server.info": lambda handler, _: handler.moon.info(),
    "printer.objects.subscribe": Handler.subscribe,
    "printer.objects.query": lambda handler, told: handler.need_klippy().query(told["objects"]),
    "server.history.list": Handler.listed,
    "server.history.get_job": Handler.one_job,
    **{f"printer.print.{step}": lambda handler, told, step=step: handler.steer(step, told)
       for step in ("start", "pause", "resume", "cancel")},
}  # fmt: skip


def follow(moon: FakeMoonraker, key: str = KEY, last: Reading | None = None) -> AbstractContextManager[FollowedLink]:
    return followed(MoonrakerDriver(), moon.facts(api_key=key), last)


def listening(moon: FakeMoonraker, link: FollowedLink) -> None:
    link.until(lambda: link.about and link.readings and moon.has_listener(), "the live channel")
