"""A real dovecot beside the tests: IMAP and LMTP on loopback, any user, one password."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from peers import debian

from craftops.processes.ports import free_port

PASSWORD = "mailbox-secret"
PACKAGES = ("dovecot-imapd", "dovecot-lmtpd", "swaks")
CONFIG = """
base_dir = {run}
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
recipient_delimiter = +
auth_mechanisms = plain login{mechanisms}
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
{by_token}passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%n allow_all_users=yes
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


BY_TOKEN = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""
TOKENS = """
tokeninfo_url = {address}/tokeninfo?access_token=
introspection_mode = auth
username_attribute = user
"""


def install() -> None:
    """What is missing of it, from Debian."""
    if shutil.which("dovecot") is None or shutil.which("swaks") is None:
        debian.install(*PACKAGES)


class Dovecot:
    """Runs until ``close``. ``tokens_at``: the server that says whose an access token is, for XOAUTH2."""

    def __init__(self, tokens_at: str = "") -> None:
        # Not in pytest's folder: every run of it closes that one to other accounts, and this server is one.
        folder = self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.imap, self.lmtp = free_port("127.0.0.1"), free_port("127.0.0.1")
        for one in ("run", "mail", "home", "state"):
            (folder / one).mkdir()
        user, uid, gid = ("mail", 8, 8) if os.getuid() == 0 else (str(os.getuid()), os.getuid(), os.getgid())
        if os.getuid() == 0:
            folder.chmod(0o755)
            for one in ("mail", "home", "state"):
                os.chown(folder / one, uid, gid)
        config = folder / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                folder=folder, run=folder / "run", user=user, group=user, uid=uid, gid=gid, imap=self.imap, lmtp=self.lmtp,
                password=PASSWORD, mechanisms=" xoauth2" if tokens_at else "",
                by_token=BY_TOKEN.format(folder=folder) if tokens_at else "",
            )
        )  # fmt: skip
        (folder / "oauth2.conf").write_text(TOKENS.format(address=tokens_at))
        self._config = config
        self.start()

    def start(self) -> None:
        """Also after a ``stop``."""
        self._process = subprocess.Popen(["dovecot", "-F", "-c", str(self._config)], start_new_session=True)
        self._wait(self.imap)
        self._wait(self.lmtp)

    def _wait(self, port: int) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text() if (self.folder / "log").exists() else "no dovecot")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def deliver(self, to: str, sender: str, subject: str, body: str, *headers: str, attach: Path | None = None) -> None:
        """A mail of a real mail program (swaks) to a mailbox of this server."""
        command = [
            "swaks", "--silent", "2", "--protocol", "LMTP", "--server", f"127.0.0.1:{self.lmtp}", "--to", to, "--from", sender,
            "--h-Subject", subject, "--body", body, "--suppress-data",
        ]  # fmt: skip
        for header in headers:
            command += ["--add-header", header]
        if attach is not None:
            command += ["--attach-type", "model/stl", "--attach-name", attach.name, "--attach", f"@{attach}"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def hand_over(self, raw: bytes, to: str) -> None:
        """A mail as it is, byte for byte."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=10) as client:
            client.sendmail("ada@example.org", [to], raw)


@contextmanager
def token_server(tokens: set[str], user: str) -> Iterator[str]:
    """Where dovecot asks whose an access token is; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
            body = json.dumps({"user": user} if asked in tokens else {"error": "invalid_token"}).encode()
            self.send_response(200 if asked in tokens else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
