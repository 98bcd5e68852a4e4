"""A backup made while the shop writes is opened by age, tar and sqlite3 alone, and becomes a copy that does nothing."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from samples import zoo
from samples.zoo import Animal, hook

from craftops import shop_keys
from craftops.bootstrap import open_shop
from craftops.cli import cli
from craftops.config import load_config
from craftops.errors import AccessError, CraftOpsError, IntakeError, RuleError
from craftops.plugin_host import environment, in_hand
from craftops.plugin_host.environment import PluginFolder
from craftops.processes.doctor import examine
from craftops.services.shop import backup_check, backups, epochs, key_rotation, recovery, restoring
from craftops.shop_keys import KeyUse
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import TABLES, BackupRow, MachineRow, OrderRow, ReplyTokenRow, ShopRow, database
from craftops.testing import Workshop

PHRASE = recovery.new_phrase()
AGE = shutil.which("age")


def nobody(_words: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def a_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recovery key, made once: age asks a second of work for each phrase, on purpose."""
    data = tmp_path_factory.mktemp("key")
    recovery.write_key(data, PHRASE)
    return data / recovery.FOLDER


@pytest.fixture
def kept(workshop: Workshop, a_key: Path) -> Workshop:
    """A shop that can make backups, with an order."""
    shutil.copytree(a_key, workshop.shop.config.data / recovery.FOLDER)
    workshop.place("ada")
    return workshop


@lru_cache
def opened(wrapped: bytes) -> str:
    return recovery.unwrap(wrapped, PHRASE)


def secret_of(workshop: Workshop) -> str:
    wrapped = recovery.wrapped_key(workshop.shop.config)
    assert wrapped is not None
    return opened(wrapped.read_bytes())


def archive_of(row: BackupRow) -> Path:
    return Path(row.folder) / row.name


def rows_of(path: Path, table: str) -> list[tuple[object, ...]]:
    link = sqlite3.connect(path)
    try:
        return sorted(link.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
    finally:
        link.close()


def test_without_a_key_none_is_made_and_the_reason_is_said(workshop: Workshop) -> None:
    assert not backups.due(workshop.shop, at=utcnow())
    with pytest.raises(RuleError, match="no key") as caught:
        backups.make(workshop.shop, at=utcnow())
    assert "recovery phrase" in caught.value.instead


def test_a_phrase_that_is_mistyped_is_noticed() -> None:
    words = PHRASE.split()
    assert recovery.checked_phrase(f"  {' '.join(words).upper()} \n") == PHRASE
    for wrong in (" ".join(words[:-1]), " ".join([*words[:-1], "craftops"]), ""):
        with pytest.raises(IntakeError, match="no recovery phrase"):
            recovery.checked_phrase(wrong)


def test_only_the_owner_makes_the_key(workshop: Workshop) -> None:
    with pytest.raises(AccessError):
        recovery.set_key(workshop.shop, PHRASE, actor=workshop.actor("sam"))
    assert not recovery.has_phrase(workshop.shop.config)


def test_nothing_readable_lies_in_the_backup(kept: Workshop) -> None:
    path = archive_of(backups.make(kept.shop, at=utcnow()))
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n")
    assert path.stat().st_mode & 0o077 == 0
    for word in (b"ada@example.org", b"bracket", kept.shop.config.secret_key().encode(), b"SQLite format"):
        assert word not in data
    assert not list((kept.shop.config.data / ".backup").iterdir()), "no open copy stays behind"
    other = backup_check.key_for_once()
    with pytest.raises(IntakeError, match="not locked with this key"):
        backup_check.check(path, other.secret, scratch=path.parent / "x")


@pytest.mark.skipif(
    AGE is None and os.environ.get("CRAFTOPS_SERVICES") != "required", reason="age is not here (Debian: age)"
)
def test_age_tar_and_sqlite3_open_it_without_a_line_of_ours(kept: Workshop, tmp_path: Path) -> None:
    row = backups.make(kept.shop, at=utcnow())
    path, out = archive_of(row), tmp_path / "opened"
    out.mkdir()
    open_by_phrase(path.parent / recovery.WRAPPED, tmp_path / "key.txt")
    command = f"{AGE} -d -i {tmp_path}/key.txt {path} | tar x -C {out} && cd {out} && sha256sum --quiet -c SHA256SUMS"
    subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command], check=True)
    asked = ["sqlite3", str(out / "craftops.db"), "pragma integrity_check; select code from orders"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    assert said == ["ok", OrderRow.get().code]
    blobs = {one.name for one in (out / "files").rglob("*") if one.is_file()}
    assert blobs == {one.name for one in kept.shop.files.folder.rglob("*") if one.is_file()}
    assert (out / "secret.key").read_text() == kept.shop.config.keys().text()
    assert (out / "shop.toml").read_text() == (kept.shop.config.data / "shop.toml").read_text()
    assert "age -d" in (out / "HOW-TO-OPEN.txt").read_text()


def open_by_phrase(wrapped: Path, key: Path) -> None:
    """What a person does who types the phrase at the prompt of ``age``."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(str(AGE), ["age", "-d", "-o", str(key), str(wrapped)])
    said = b""
    while b"assphrase" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, PHRASE.encode() + b"\n")
    with contextlib.suppress(OSError):
        while os.read(terminal, 1000):
            pass
    assert os.waitpid(child, 0)[1] == 0


def test_what_was_written_meanwhile_is_in_it_whole_or_not_at_all(kept: Workshop, tmp_path: Path) -> None:
    """Customers order while backups are made; each backup restores to a shop of which the doctor finds nothing."""
    stop, placed = threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with connected():
                kept.upload("bob", content=os.urandom(84 + 50))
            placed.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert placed.wait(20)
        rows = [backups.make(kept.shop, at=utcnow() + timedelta(seconds=n)) for n in range(2)]
    finally:
        stop.set()
        writer.join()
    assert rows[1].files > rows[0].files >= 2
    for number, row in enumerate(rows):
        done = restoring.restore(archive_of(row), tmp_path / f"r{number}", secret_of(kept), at=utcnow(), tell=nobody)
        assert (done.orders, done.files) == (row.orders, row.files)
        copy = open_shop(load_config(data=done.folder, env={}))
        assert examine(copy, at=utcnow()) == []
    close_database()


@pytest.mark.skipif("CRAFTOPS_TEST_DATABASE_URL" in os.environ, reason="compares files of SQLite")
def test_a_restored_shop_has_the_same_rows_and_the_same_files(kept: Workshop, tmp_path: Path) -> None:
    row = backups.make(kept.shop, at=utcnow())
    done = restoring.restore(archive_of(row), tmp_path / "again", secret_of(kept), at=utcnow(), tell=nobody)
    ours, theirs = kept.shop.config.data / "craftops.db", done.folder / "craftops.db"
    changed = {"backup", "shop", "event", "cursor", "audit"}
    for table in TABLES:
        name = table._meta.table_name
        if name not in changed:
            assert rows_of(ours, name) == rows_of(theirs, name), name
    assert len(rows_of(theirs, "event")) == len(rows_of(ours, "event")) + 1, "one event says that it is a copy"
    ours_said, theirs_said = rows_of(ours, "audit"), rows_of(theirs, "audit")
    assert theirs_said[:-1] == ours_said[:-1], "here the trail goes on with the backup, there with the restoring"
    assert (ours_said[-1][2], theirs_said[-1][2]) == ("backup_made", "restored")
    for path in kept.shop.files.folder.rglob("*"):
        if path.is_file():
            assert (done.folder / "files" / path.relative_to(kept.shop.files.folder)).read_bytes() == path.read_bytes()


def test_answers_to_old_mails_and_old_links_are_worthless(kept: Workshop, tmp_path: Path) -> None:
    order = OrderRow.get()
    ReplyTokenRow.create(token="abc", order=order.id, account=kept.people["ada"].id, created_at=utcnow())
    row = backups.make(kept.shop, at=utcnow())
    done = restoring.restore(archive_of(row), tmp_path / "again", secret_of(kept), at=utcnow(), tell=nobody)
    assert done.ended.tokens == 1
    open_shop(load_config(data=done.folder, env={}))
    with connected():
        assert ReplyTokenRow.get().revoked_at is not None
        assert ShopRow.get().copy_of == row.name
    close_database()


def test_one_that_is_cut_or_changed_is_told_and_restores_to_nothing(kept: Workshop, tmp_path: Path) -> None:
    path, secret = archive_of(backups.make(kept.shop, at=utcnow())), secret_of(kept)
    data = path.read_bytes()
    for number, broken in enumerate((data[: len(data) // 2], data[:-40], data[:3000] + b"x" + data[3001:], b"", b"x")):
        path.write_bytes(broken)
        with pytest.raises(IntakeError):
            backup_check.check(path, secret, scratch=tmp_path / "scratch")
        folder = tmp_path / f"broken{number}"
        with pytest.raises(IntakeError):
            restoring.restore(path, folder, secret, at=utcnow(), tell=nobody)
        with pytest.raises(CraftOpsError, match="not come to its end"):
            open_shop(load_config(data=folder, env={}))


def test_a_tar_that_wants_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    for name, kind in (("../x", tarfile.REGTYPE), ("/tmp/x", tarfile.REGTYPE), ("a", tarfile.SYMTYPE)):
        member = tarfile.TarInfo(name)
        member.type = kind
        with pytest.raises(IntakeError, match="no backup"):
            restoring._safe(member)


def test_a_folder_with_something_in_it_is_left_alone(kept: Workshop, tmp_path: Path) -> None:
    path = archive_of(backups.make(kept.shop, at=utcnow()))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(RuleError, match="not empty"):
        restoring.restore(path, tmp_path / "full", secret_of(kept), at=utcnow(), tell=nobody)
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["mine"]


def test_the_clock_makes_one_and_a_failure_is_tried_again_after_an_hour(kept: Workshop) -> None:
    at = datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert backups.due(kept.shop, at=at)
    folder = backups.folder_of(kept.shop.config)
    folder.write_text("in the way")
    with pytest.raises(RuleError, match="could not be written"):
        backups.make(kept.shop, at=at)
    assert BackupRow.get().state == "failed"
    assert not backups.due(kept.shop, at=at + timedelta(minutes=59))
    assert backups.due(kept.shop, at=at + timedelta(minutes=61))
    folder.unlink()
    backups.make(kept.shop, at=at + timedelta(minutes=61))
    assert not backups.due(kept.shop, at=at + timedelta(hours=24))
    assert backups.due(kept.shop, at=at + timedelta(hours=26))


def test_old_ones_go_by_the_policy(make_workshop: Callable[..., Workshop], a_key: Path) -> None:
    from craftops.domain.shop.profile import ShopProfile

    workshop = make_workshop("[backup]\nkeep_daily = 2\nkeep_weekly = 0\nkeep_monthly = 0\n")
    workshop.open(ShopProfile(name="Werk"))
    shutil.copytree(a_key, workshop.shop.config.data / recovery.FOLDER)
    for day in (1, 2, 3):
        backups.make(workshop.shop, at=datetime(2026, 3, day, tzinfo=UTC))
    left = sorted(path.name for path in backups.folder_of(workshop.shop.config).glob("*.tar.age"))
    assert left == ["craftops-20260302T000000Z.tar.age", "craftops-20260303T000000Z.tar.age"]
    assert [row.state for row in BackupRow.select().order_by(BackupRow.id)] == ["gone", "good", "good"]


def test_a_copy_leaves_the_backups_of_the_real_shop_alone(kept: Workshop) -> None:
    """Both may write into the same folder, and the copy's rows name what the real shop has made."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(20):
        at += timedelta(days=1)
        backups.make(kept.shop, at=at)
    folder = backups.folder_of(kept.shop.config)
    before = sorted(path.name for path in folder.glob("*.tar.age"))
    epochs.open_epoch("x", at=at)
    assert not backups.due(kept.shop, at=at + timedelta(days=9))
    backups.make(kept.shop, at=at + timedelta(days=9))
    assert set(before) < {path.name for path in folder.glob("*.tar.age")}


def test_a_new_phrase_leaves_the_old_key_beside_the_old_backups(kept: Workshop) -> None:
    backups.make(kept.shop, at=utcnow())
    before = recovery.wrapped_key(kept.shop.config)
    assert before is not None
    old = before.read_bytes()
    before.write_bytes(b"another key")
    folder = backups.folder_of(kept.shop.config)
    recovery.put_beside(kept.shop.config, folder, utcnow())
    assert (folder / recovery.WRAPPED).read_bytes() == b"another key"
    assert [one.read_bytes() for one in folder.glob("craftops-recovery-key-until-*.age")] == [old]


def test_the_whole_way_on_the_command_line(kept: Workshop, tmp_path: Path) -> None:
    config = kept.shop.config
    env = {"DATABASE_URL": config.database_url}
    database.close()
    said = CliRunner().invoke(cli, ["--data", str(config.data), "backup"], env=env)
    assert said.exit_code == 0, said.output
    assert "1 orders, 1 files, read back." in said.output
    [path] = backups.folder_of(config).glob("*.tar.age")
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)
    opened = ["--phrase-file", str(phrase)]
    said = CliRunner().invoke(cli, ["backup", "verify", str(path), *opened])
    assert said.output == "Whole: 1 orders, 1 files.\n"
    new = tmp_path / "new"
    said = CliRunner().invoke(cli, ["restore", str(path), str(new), *opened], env={"DATABASE_URL": ""})
    assert said.exit_code == 0, said.output
    assert "sends no mail" in said.output
    assert "The doctor finds nothing wrong." in said.output
    env = {"DATABASE_URL": ""}
    assert CliRunner().invoke(cli, ["--data", str(new), "go-live"], env=env, input="n\n").exit_code != 0
    said = CliRunner().invoke(cli, ["--data", str(new), "go-live", "--yes"], env=env)
    assert "This is the real shop." in said.output, said.output
    said = CliRunner().invoke(cli, ["--data", str(new), "go-live", "--yes"], env=env)
    assert isinstance(said.exception, RuleError)


def test_one_that_is_made_in_the_middle_of_a_rotation_opens(kept: Workshop, tmp_path: Path) -> None:
    config = kept.shop.config
    kept.machine()
    MachineRow.update(sealed_secret=kept.shop.sealer.seal("of the machine")).execute()
    shop_keys.write(config.secret_path, config.keys().rotated(list(KeyUse), None))
    row = backups.make(kept.shop, at=utcnow())
    assert key_rotation.rotate(config, list(KeyUse), until=None, at=utcnow()).finished
    close_database()
    done = restoring.restore(archive_of(row), tmp_path / "again", secret_of(kept), at=utcnow(), tell=nobody)
    theirs = load_config(data=done.folder, env={})
    shop = open_shop(theirs)
    with connected():
        assert shop.sealer.open(MachineRow.get().sealed_secret) == "of the machine"
        assert any("craftops key rotate" in one for one in examine(shop, at=utcnow()))
        assert key_rotation.rotate(theirs, list(KeyUse), until=None, at=utcnow()).sealed == 1
        assert shop.sealer.open(MachineRow.get().sealed_secret) == "of the machine"
    close_database()


def test_the_plugins_come_back_with_the_shop_also_by_tar_alone(kept: Workshop, tmp_path: Path) -> None:
    """They lie behind a link, which a tar of plain files has not: a restored shop did not open for want of them."""
    data = kept.shop.config.data
    zoo.settle(data, {"listener": Animal(hook("pass", "event", name="order_placed"))})
    (data / "shop.toml").write_text('[plugins]\nenabled = ["theme_workshop", "zoo_listener"]\n')
    book = in_hand.InHand(data / "plugins" / "in-hand", "web")
    secret, archive = secret_of(kept), archive_of(backups.make(kept.shop, at=utcnow()))
    book.close()
    close_database()
    restoring.restore(archive, tmp_path / "restored", secret, at=utcnow(), tell=nobody)
    try:
        shop = open_shop(load_config(data=tmp_path / "restored", env={}))
        assert "zoo_listener" in shop.plugins.names
        assert in_hand.collect(shop.config.data) == [], "what processes of the other shop were at is not its own"
        folder = PluginFolder(shop.config.data)
        folder.switch(folder.envs / "zoo")
        assert folder.current.is_symlink(), "and from the next sync on it is a link again"
        assert folder.active() == (folder.envs / "zoo").resolve()
    finally:
        close_database()
        environment.enter(None)
