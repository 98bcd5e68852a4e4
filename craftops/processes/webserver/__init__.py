"""The web server of ``craftops web``: one event loop that holds every socket, few threads that run the app.

Why not one of the shelf: ``docs/decisions/0022-web-server.md``.
"""

from craftops.processes.listening import listen
from craftops.processes.webserver.limits import BodyLimit, ServerLimits
from craftops.processes.webserver.server import WebServer

__all__ = ["BodyLimit", "ServerLimits", "WebServer", "listen"]
