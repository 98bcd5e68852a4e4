"""A real dovecot beside the tests: IMAP and LMTP on loopback, any user, one password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from craftops.processes.serve import free_port

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
auth_mechanisms = plain login
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%n allow_all_users=yes
}}
service anvil {{
  chroot =
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


def install() -> None:
    """What is missing of it, from Debian."""
    if shutil.which("dovecot") is None or shutil.which("swaks") is None:
        subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True)
        subprocess.run(["apt-get", "install", "-y", "-q", *PACKAGES], check=True, capture_output=True)


class Dovecot:
    """Runs until ``close``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.imap, self.lmtp = free_port("127.0.0.1"), free_port("127.0.0.1")
        run = Path("/tmp") / f"dovecot-{os.getpid()}-{self.imap}"
        for one in (folder, run, folder / "mail", folder / "home", folder / "state"):
            one.mkdir(parents=True, exist_ok=True)
        self.run = run
        user, uid, gid = ("mail", 8, 8) if os.getuid() == 0 else (str(os.getuid()), os.getuid(), os.getgid())
        if os.getuid() == 0:
            for one in (folder, *folder.parents[:2]):
                os.chmod(one, 0o755)
            for one in ("mail", "home", "state"):
                os.chown(folder / one, uid, gid)
        config = folder / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                folder=folder, run=run, user=user, group=user, uid=uid, gid=gid, imap=self.imap, lmtp=self.lmtp,
                password=PASSWORD,
            )
        )  # fmt: skip
        self._process = subprocess.Popen(["dovecot", "-F", "-c", str(config)], start_new_session=True)
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

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self.run, ignore_errors=True)

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
