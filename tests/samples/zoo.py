"""Plugins that break in every way that their authors could think of."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from samples.wheels import make_wheel, plugin_module

from craftops.plugin_host.environment import PluginFolder

TRAP = "sesame-open-the-vault"
"""A secret setting of every animal."""
DRIVER = """
from craftops.sdk.machine import MachineDriver
class Thing(MachineDriver):
    name, title, summary = "{name}", "Thing", "A thing."
"""


@dataclass(frozen=True)
class Animal:
    """One broken plugin: what its class holds, what stands before it, and what a reader is told."""

    body: str = ""
    before: str = ""
    says: str = ""
    requires: str = "craftops>=0.1"
    module: str = ""
    """Instead of all that."""


def hook(line: str, *arguments: str, name: str = "register_machine_drivers") -> str:
    return f"@hookimpl\ndef {name}({', '.join(('self', *arguments))}):\n    {line}\n"


MADE = "def __init__(self, settings):\n    super().__init__(settings)\n    {}\n"
AT_START = {
    "raiser": Animal(before="raise ValueError('no such luck')", says="cannot be loaded: ValueError: no such luck."),
    "leaver": Animal(before="import sys; sys.exit(3)", says=r"cannot be loaded: it ended the process \(sys.exit\(3\)\)."),
    "importer": Animal(before="import nothing_of_this_name", says="ModuleNotFoundError: No module named"),
    "typo": Animal(module="def (:\n", says="cannot be loaded: SyntaxError"),
    "sleeper": Animal(before="import threading; threading.Event().wait()", says="its import did not end within"),
    "empty": Animal(module='"""Nothing here."""\n', says="PLUGIN of zoo_empty is no class of Plugin"),
    "liar": Animal(module=plugin_module("somebody_else"), says="its class calls itself 'somebody_else'"),
    "maker": Animal(MADE.format("raise KeyError('pin')"), says="it cannot be made: KeyError: 'pin'."),
    "quitter": Animal(MADE.format("raise SystemExit"), says="it cannot be made: it ended the process"),
    "hanger": Animal(MADE.format("import threading; threading.Event().wait()"), says="it cannot be made within"),
    "teller": Animal(MADE.format("raise ValueError('I hold ' + settings.token)"), says=r"I hold \*{8}\."),
    "shapeless": Animal("settings_type = int", says="its settings_type is no dataclass"),
    "misspelt": Animal(hook("pass", "event", name="order_plaecd"), says="order_plaecd; did you mean order_placed"),
    "crooked": Animal(hook("pass", "order", "colour", name="order_placed"), says="Argument"),
    "giver": Animal(hook("raise OSError('gone')"), says="register_machine_drivers failed: OSError: gone."),
    "exiter": Animal(hook("raise SystemExit(1)"), says="register_machine_drivers failed: it ended the process"),
    "waiter": Animal(hook("import threading; threading.Event().wait()"), says="register_machine_drivers failed within"),
    "miser": Animal(hook("return None"), says=r"returned NoneType \(None\), not a list"),
    "poet": Animal(hook("return 'drivers'"), says=r"returned str \('drivers'\), not a list"),
    "trickster": Animal(hook("return [object()]"), says="an object of MachineDriver was asked for"),
    "planner": Animal(hook("return [Thing]"), DRIVER.format(name="thing"), "the class Thing, an object of it was asked for"),
    "abstract": Animal(
        hook("return [Half]", name="register_file_analyzers"),
        "from craftops.sdk.analyzer import FileAnalyzer\nclass Half(FileAnalyzer):\n    name = 'half'\n",
        "gave Half, which lacks analyse",
    ),
    "endless": Animal(
        hook("import itertools; return itertools.repeat(Thing())"), DRIVER.format(name="thing"), "gives more than 500"
    ),
    "nameless": Animal(hook("return [Thing()]"), DRIVER.format(name="../up"), "whose name is '../up'"),
    "cuckoo": Animal(
        hook("return [Thing()]"), DRIVER.format(name="mqtt"),
        "brings the machine driver 'mqtt' and the plugin machine_mqtt has one, too",
    ),
    "twin": Animal(hook("return [Thing(), Thing()]"), DRIVER.format(name="thing"), "'thing' twice"),
    "houseless": Animal(
        hook("return [Theme('gone', 'Gone', Path('/no/such/folder'))]", name="register_themes"),
        "from pathlib import Path\nfrom craftops.sdk.theme import Theme\n", "whose folder /no/such/folder is not there",
    ),
    "shadow": Animal(
        hook("return [OwnPage('../board', 'Board', Audience.STAFF, Path(__file__), print)]", name="register_pages"),
        "from pathlib import Path\nfrom craftops.sdk.pages import *\n", "whose name is '../board'",
    ),
    "double": Animal(
        hook("return [OwnPage('one', 'One', Audience.STAFF, Path(__file__), print)] * 2", name="register_pages"),
        "from pathlib import Path\nfrom craftops.sdk.pages import *\n", "brings the page 'one' twice",
    ),
    "pageless": Animal(
        hook("return [OwnPage('one', 'One', Audience.STAFF, Path('/no/such'), print)]", name="register_pages"),
        "from pathlib import Path\nfrom craftops.sdk.pages import *\n", "whose template /no/such is not there",
    ),
    "lawless": Animal(
        hook("return [OwnPage('one', 'One', 'everybody', Path(__file__), print)]", name="register_pages"),
        "from pathlib import Path\nfrom craftops.sdk.pages import *\n", "does not say for whom it is",
    ),
    "future": Animal(requires="craftops>=9,<10", says=r"is made for CraftOps (<10,>=9|>=9,<10), and this is"),
}  # fmt: skip
"""Those that are told of when the shop starts."""

KILLERS = {
    "killer": Animal(before="import os; os._exit(9)", says="the process that tried it ended"),
    "glutton": Animal(before="hoard = bytearray(1 << 36)", says="MemoryError"),
}
"""Those that take their process with them: only a process of their own can tell."""

QUESTION = {
    "talker": "return 'an hour'",
    "negative": "return -5",
    "endless_one": "return float('inf')",
    "truthful": "return True",
    "thrower": "raise RuntimeError('boom')",
    "ender": "raise SystemExit",
    "dreamer": "import threading; threading.Event().wait()",
}


def settle(data: Path, animals: dict[str, Animal]) -> None:
    """Put animals where `craftops plugins sync` would have put them, without asking whether they work. One of the same
    name that an earlier shop of this process has met is forgotten."""
    for name in animals:
        sys.modules.pop(f"zoo_{name}", None)
    folder = PluginFolder(data)
    target = folder.envs / "zoo"
    for name, animal in animals.items():
        module = animal.module or plugin_module(f"zoo_{name}", animal.body, before=animal.before)
        wheel = make_wheel(
            data / "wheels", f"zoo-{name}", files={f"zoo_{name}.py": module}, plugins={f"zoo_{name}": f"zoo_{name}"},
            requires=[animal.requires],
        )  # fmt: skip
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    folder.switch(target)
