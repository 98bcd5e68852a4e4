"""What the operators' pages say can be typed: every command, setting, file and link of them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml
from click.testing import CliRunner

from craftops.cli import cli
from craftops.config import Config, load_config, read_document
from craftops.config_check import must_be_usable
from craftops.config_tables import DEFAULT_PLUGINS
from craftops.plugin_host.starting import start_plugins

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "operators").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
INLINE = re.compile(r"`(craftops [a-z][^`]*)`")
PROGRAMS = {
    "adduser", "age", "apt-get", "cat", "certbot", "chmod", "chown", "craftops", "curl", "echo", "install", "journalctl", "nginx", "python",
    "python3", "runuser", "sed", "sha256sum", "sqlite3", "systemctl", "tar",
}  # fmt: skip
"""What a bare Debian has, or the page installs before."""
UNITS = ROOT / "config" / "systemd"


def blocks(paper: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(paper.read_text()) if found == kind]


def commands(text: str) -> Iterator[list[str]]:
    """The calls of a block of shell, without what stands in a file that it writes."""
    text = re.sub(r"<<'END'\n.*?^END$", "", text, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ")
    for line in text.splitlines():
        for part in line.split(" | "):
            if words := shlex.split(part, comments=True):
                yield words


HERE = click.Context(cli)


def resolved(words: list[str]) -> click.Command:
    """The command that these words mean; all options are known where they stand."""
    command: click.Command = cli
    rest = list(words)
    while rest and isinstance(command, click.Group):
        word = rest.pop(0)
        if word.startswith("-"):
            assert _knows(command, word), word
            if rest and not rest[0].startswith("-") and rest[0] not in command.list_commands(HERE):
                rest.pop(0)
            continue
        found = command.get_command(HERE, word)
        assert found is not None, f"there is no `craftops {' '.join(words)}`"
        command = found
    unknown = [word for word in rest if word.startswith("--") and not _knows(command, word.split("=")[0])]
    assert unknown == [], f"craftops {' '.join(words)}"
    return command


def _knows(command: click.Command, option: str) -> bool:
    return any(option in one.opts + one.secondary_opts for one in command.params)


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: paper.stem)
def test_every_command_of_ours_exists_with_its_options(paper: Path) -> None:
    said = [words[1:] for text in blocks(paper, "sh") for words in commands(text) if words[0] == "craftops"]
    said += [shlex.split(one.replace("…", "x"))[1:] for one in INLINE.findall(paper.read_text())]
    for words in said:
        resolved(words)


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: paper.stem)
def test_every_shell_block_can_be_read_by_a_shell(paper: Path) -> None:
    for text in blocks(paper, "sh"):
        done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        for words in commands(text):
            program = words[0]
            assert program in PROGRAMS or program.startswith(("/opt/craftops/bin/", "/etc/")), program


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: paper.stem)
def test_every_block_of_settings_is_taken(paper: Path) -> None:
    for text in blocks(paper, "toml"):
        document = read_document(text.replace("...", "x" * 24).replace("…", "x" * 24), paper.name)
        names = [*document.plugins.names, *(name for name in document.plugin if name not in document.plugins.names)]
        start_plugins(names, document.plugin)
        assert tomllib.loads(text)


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: paper.stem)
def test_every_link_and_file_is_there(paper: Path) -> None:
    text = paper.read_text()
    missing = [one for one in LINK.findall(text) if "://" not in one and not (paper.parent / one).exists()]
    named = re.findall(r"/usr/src/craftops/([\w./@-]+\w)", text)
    missing += [one for one in named if not (ROOT / one).exists()]
    assert missing == []


def test_the_commands_of_the_install_page_open_a_shop(tmp_path: Path) -> None:
    """Those of ours, in their order, on a clean folder; the settings of the page, but for its certificate's files."""
    paper = ROOT / "docs" / "operators" / "install.md"
    toml = blocks(paper, "toml")[0].replace("/srv/backups", str(tmp_path / "backups"))
    data = tmp_path / "data"
    data.mkdir()
    (data / "shop.toml").write_text(toml)
    for name in ("shop.toml", "broker.pem", "broker.key"):
        (data / name).touch(0o600)
        (data / name).chmod(0o600)
    ours = [words[1:] for text in blocks(paper, "sh") for words in commands(text) if words[0] == "craftops"]
    assert [words[0] for words in ours] == ["config", "migrate", "setup", "doctor", "backup"]
    said = ""
    for words in ours:
        done = CliRunner().invoke(cli, ["--data", str(data), *words], env={"DATABASE_URL": ""})
        assert done.exit_code == 0, (words, done.output, done.exception)
        said += done.output
    assert "https://shop.example/setup?code=" in said
    assert "All is well." in said
    assert load_config(data=data, env={}).base_url == "https://shop.example"


def test_defaults_of_the_page_are_switched_on() -> None:
    assert "notify_email" in DEFAULT_PLUGINS, "the install page sets it without enabling it"


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda unit: unit.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        assert os.environ.get("CRAFTOPS_SERVICES") != "required"
        pytest.skip("systemd is not here")
    name = unit.name.replace("@", "@web")
    (tmp_path / name).write_text(unit.read_text().replace("/opt/craftops/bin/craftops", "/bin/true"))
    done = subprocess.run([program, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False)
    mine = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith(name)]
    assert mine == []
    for process in ("web", "worker", "bridge", "broker") if "@" in unit.name else ("run",):
        words = unit.read_text().split("ExecStart=/opt/craftops/bin/craftops ")[1].split("\n")[0].replace("%i", process)
        assert resolved(words.split()).name == process


def test_the_compose_file_fits_the_container_and_its_shop() -> None:
    folder = ROOT / "config" / "container"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    shop, proxy = compose["services"]["shop"], compose["services"]["proxy"]
    assert (folder / shop["build"]["context"] / shop["build"]["dockerfile"]).resolve() == folder / "Containerfile"
    document = read_document((folder / "shop.toml").read_text(), "shop.toml")
    assert document.server.proxy_addresses == (proxy["networks"]["front"]["ipv4_address"],)
    assert any(one.endswith(f":{document.backup.folder}") for one in shop["volumes"])
    assert proxy["environment"]["SHOP_UPSTREAM"] == f"shop:{document.server.port}"
    for volume in (one for service in compose["services"].values() for one in service.get("volumes", ())):
        source = volume.split(":")[0]
        named = source in compose["volumes"] or source == "./backups"
        assert named or (folder / source).exists(), source
    text = (folder / "Containerfile").read_text()
    assert 'CMD ["craftops", "run"]' in text
    extras = re.search(r'install --no-cache-dir "\.\[([\w,]+)\]"', text)
    assert extras is not None
    known = re.findall(r"^(\w+) =", (ROOT / "setup.cfg").read_text().split("[options.extras_require]")[1], re.MULTILINE)
    assert set(extras[1].split(",")) <= set(known)


def test_the_compose_file_of_several_hosts_fits_what_hosts_must_share() -> None:
    folder = ROOT / "config" / "container"
    compose = yaml.safe_load((folder / "compose.scale.yaml").read_text())
    services, made_here = compose["services"], {"./secret.key", "./backups"}
    toml = folder / "shop.scale.toml"
    environment = services["one"]["environment"]
    address = re.sub(r"\$\{[^}]*\}", "typed-into-env", environment["DATABASE_URL"])
    config = Config(document=read_document(toml.read_text(), toml.name), data=folder, database_url=address)
    must_be_usable(config, ["workshop"])
    assert config.several_hosts
    assert {**services["one"], "hostname": "", "volumes": []} == {**services["two"], "hostname": "", "volumes": []}
    assert services["one"]["hostname"] != services["two"]["hostname"]
    data = [next(one for one in services[name]["volumes"] if ":/var/lib/craftops" in one) for name in ("one", "two")]
    assert data[0] != data[1], "each host has a folder of its own"
    for volume in (one for service in services.values() for one in service.get("volumes", ())):
        source = volume.split(":")[0]
        assert source in compose["volumes"] or source in made_here or (folder / source).exists(), source
    assert {one["file"] for one in compose["secrets"].values()} <= made_here
    assert environment["CRAFTOPS_SECRET_KEY_FILE"] == f"/run/secrets/{services['one']['secrets'][0]}"
    named = [
        urlsplit(one).hostname
        for one in (config.document.broker.url, config.document.scale.s3_endpoint, config.database)
    ]
    assert set(named) <= set(services)
    port = config.document.server.port
    assert services["proxy"]["environment"]["SHOP_UPSTREAM"] == f"one:{port} two:{port}"
    assert config.document.server.proxy_addresses == (services["proxy"]["networks"]["front"]["ipv4_address"],)
    assert "scale" in (folder / "Containerfile").read_text().split(".[")[1].split("]")[0].split(",")


@pytest.mark.parametrize("name", ["compose.yaml", "compose.scale.yaml"])
def test_what_a_compose_file_needs_is_made_by_its_head_for_the_users_of_its_images(name: str) -> None:
    """Docker makes a missing folder for root, and then nobody else writes a backup there."""
    folder = ROOT / "config" / "container"
    text = (folder / name).read_text()
    user = re.search(r"useradd --system --uid (\d+) ", (folder / "Containerfile").read_text())
    assert user is not None
    head = text.partition("\nservices:")[0]
    made = re.search(r"^#   mkdir backups; chown (\d+) (backups.*?)(?:;|$)", head, re.MULTILINE)
    assert made is not None
    assert made[1] == user[1]
    keys = [one["file"].removeprefix("./") for one in yaml.safe_load(text).get("secrets", {}).values()]
    assert made[2].split() == ["backups", *keys]
    for line in re.findall(r"^#   (.*[;>|].*)$", head, re.MULTILINE):
        assert subprocess.run(["sh", "-n", "-c", line], check=False).returncode == 0


def test_every_row_of_the_security_page_has_a_test_that_is_there() -> None:
    page = (ROOT / "docs" / "operators" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$", page, re.MULTILINE)
    assert len(named) > 110
    for file, test in named:
        path = ROOT / file
        assert path.is_file(), file
        assert f"def {test}(" in path.read_text(), f"{file}::{test}"
    beyond = page.split("## Beyond the list")[1]
    assert len(re.findall(r"^\| \w.*::test_\w+` \|$", beyond, re.MULTILINE)) == beyond.count("\n| ") - 1


def test_every_requirement_of_the_asvs_has_its_answer() -> None:
    """Of levels 1 and 2 of version 5.0.0, each once: it holds and a test shows it, or why not."""
    page = (ROOT / "docs" / "operators" / "security.md").read_text()
    wanted = (ROOT / "tests" / "samples" / "asvs_5_0_0.txt").read_text().split()
    rows = re.findall(r"^\| (V\d[V\d. ]*) \| (.*?) \| (.*?) \| (.*?) ?\|$", page, re.MULTILINE)
    told = [one for row in rows for one in row[0].split()]
    assert sorted(told) == sorted(wanted)
    assert len(wanted) == len(set(wanted)) == 253
    counts = dict.fromkeys(("holds", "not met", "does not apply"), 0)
    for ids, state, what, test in rows:
        counts[state] += len(ids.split())
        assert len(what) > 5, ids
        assert ("::test_" in test) == (state == "holds"), ids
    said = re.search(r"Of (\d+) requirements (\d+) hold, (\d+) are not met,\s(\d+) do not apply", page)
    assert said is not None
    assert [int(one) for one in said.groups()] == [sum(counts.values()), *counts.values()]
