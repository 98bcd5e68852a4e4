"""New keys for a shop: everything sealed is sealed anew, what the old keys signed ends or is accepted for a while, and a
kill between any two steps loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from itsdangerous import URLSafeSerializer

from craftops import shop_keys
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.bridges.broker.base import server_password
from craftops.config import Config
from craftops.errors import ConfigError
from craftops.processes.doctor import examine
from craftops.services.orders import sharing
from craftops.services.shop import hosts
from craftops.services.shop.key_rotation import rotate
from craftops.shop_keys import KeyUse, ShopKeys
from craftops.store import key_rows
from craftops.store.database import connected, utcnow
from craftops.store.models import (
    TABLES,
    AuditRow,
    HostRow,
    MachineRow,
    SecondFactorRow,
    SettingsRow,
    SignInStepRow,
    TrackerLinkRow,
    WebhookEndpointRow,
)
from craftops.store.sealing import Sealer
from craftops.testing import Workshop
from craftops.web.billing import links

ALL = list(KeyUse)
KILLED = """
import os, sys
from datetime import timedelta
from pathlib import Path
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.services.shop.key_rotation import rotate
from craftops.shop_keys import KeyUse
from craftops.store.database import connected, utcnow

config = load_config(data=Path(sys.argv[1]))
open_shop(config)
left = int(sys.argv[2])

def told():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)

with connected():
    rotate(config, list(KeyUse), until=None, at=utcnow(), told=told)
"""


def fill(workshop: Workshop) -> str:
    """Something in every column that a key is in; the token of a link."""
    seal, at, ada = workshop.shop.sealer.seal, utcnow(), workshop.people["ada"]
    workshop.machine()
    MachineRow.update(sealed_secret=seal("of the machine")).execute()
    SettingsRow.create(topic="plugin.x", body={}, sealed={"key": seal("of the plugin"), "none": ""}, at=at, by_name="O")
    WebhookEndpointRow.create(
        url="https://example.org/", kinds=[], sealed=seal("hook"), sealed_before=seal("hook before"), created_at=at,
        by_name="Olga",
    )  # fmt: skip
    SecondFactorRow.create(account=ada.id, sealed_secret=seal("factor"), last_step=0, created_at=at)
    SignInStepRow.create(
        token_hash="t" * 64, account=ada.id, purpose="second", sealed=seal("step"), created_at=at, expires_at=at
    )  # fmt: skip
    order = workshop.place("ada")
    return sharing.token_for_mail(workshop.shop, order, ada, at=at)


SECRETS = ["factor", "hook", "hook before", "of the machine", "of the plugin", "step"]


def opened(config: Config) -> list[str]:
    """All that is sealed, as a process that starts now opens it."""
    keys = config.keys()
    sealer = Sealer(keys.seal, keys.seal_before)
    return sorted(sealer.open(value) for _table, value in key_rows.sealed_values())


def same_database(config: Config) -> dict[str, str]:
    """The environment of a process of this shop."""
    return {**os.environ, "DATABASE_URL": config.database_url, "CRAFTOPS_CONFIG": ""}


def test_every_sealed_column_and_every_seed_is_known() -> None:
    sealed = {field for table in TABLES for field in table._meta.sorted_fields if field.name.startswith("sealed")}
    assert sealed == set(key_rows.SEALED)
    seeded = {table for table in TABLES if "seed" in table._meta.fields}
    assert seeded == {column.model for column, _purpose in key_rows.SEEDED}


def test_all_is_sealed_anew_and_the_old_key_opens_nothing_any_more(workshop: Workshop) -> None:
    token, config = fill(workshop), workshop.shop.config
    before = config.keys()
    done = rotate(config, ALL, until=None, at=utcnow())
    keys = config.keys()
    assert (done.finished, done.sealed, done.links) == (False, 6, 1)
    assert opened(config) == SECRETS
    assert len({before.sign, keys.sign, keys.seal, keys.broker}) == 4
    assert server_password(keys.broker) != server_password(before.broker)
    assert config.secret_path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError):
        Sealer(before.seal).open(MachineRow.get(MachineRow.sealed_secret != "").sealed_secret)
    again = open_shop(config)
    link = TrackerLinkRow.get()
    assert sharing.token_of(again, link) != token
    assert sharing.find(again, sharing.token_of(again, link), at=utcnow()).link.id == link.id
    assert examine(again, at=utcnow()) == []
    assert AuditRow.select().where(AuditRow.what == "keys_rotated").count() == 1
    rotate(config, [KeyUse.SEAL], until=None, at=utcnow())
    assert opened(config) == SECRETS
    assert config.keys().sign == keys.sign
    assert config.keys().broker == keys.broker
    assert sharing.find(again, sharing.token_of(again, link), at=utcnow()).link.id == link.id


def test_what_another_cipher_has_sealed_is_sealed_by_the_one_of_today(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop of before AES-256-GCM: it opens, the doctor finds nothing, and one command seals all of it anew."""
    with monkeypatch.context() as patch:
        patch.setattr(Sealer, "seal", lambda self, secret: self._newest._fernet.encrypt(secret.encode()).decode())
        fill(workshop)
    config = workshop.shop.config
    values = [value for _table, value in key_rows.sealed_values()]
    assert len(values) == len(SECRETS)
    assert not [value for value in values if value.startswith("2.")]
    assert opened(config) == SECRETS
    assert not [found for found in examine(workshop.shop, at=utcnow()) if "seal" in str(found)]
    rotate(config, [KeyUse.SEAL], until=None, at=utcnow())
    assert all(value.startswith("2.") for _table, value in key_rows.sealed_values())
    assert opened(config) == SECRETS


@pytest.mark.ci
def test_killed_between_any_two_steps_it_opens_and_goes_on(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop("")
    workshop.open(workshop.shop.profile())
    with connected():
        fill(workshop)
    config, steps = workshop.shop.config, 0
    for after in range(1, 30):
        command = [sys.executable, "-c", KILLED, str(config.data), str(after)]
        code = subprocess.run(command, check=False, timeout=120, env=same_database(config)).returncode
        with connected():
            assert opened(config) == SECRETS, f"after step {after}"
            shop = open_shop(config)
            told = [one for one in examine(shop, at=utcnow()) if "rotation" in one]
            assert bool(told) is config.keys().unfinished
            if config.keys().unfinished:
                assert rotate(config, ALL, until=None, at=utcnow()).finished
            assert opened(config) == SECRETS
            assert examine(open_shop(config), at=utcnow()) == []
            link = TrackerLinkRow.get()
            assert sharing.find(shop, sharing.token_of(shop, link), at=utcnow()).link.id == link.id
        assert [one.name for one in config.data.glob("secret.key.*")] == []
        if code == 0:
            break
        assert code == -9
        steps += 1
    assert code == 0
    assert steps >= 5


def test_sessions_end_or_are_accepted_for_a_while(workshop: Workshop) -> None:
    config = workshop.shop.config
    ada = workshop.browser("ada")
    ada.see("/")
    name = workshop.app.config["SESSION_COOKIE_NAME"]
    cookie = ada.client.get_cookie(name)
    assert cookie is not None
    signed = URLSafeSerializer(config.signing_keys(), salt="withdrawal").dumps(7)

    def comes_in(app: Flask) -> bool:
        client = app.test_client()
        client.set_cookie(name, cookie.value)
        return client.get("/").status_code == 200

    assert comes_in(create_app(config))
    rotate(config, [KeyUse.SIGN], until=utcnow() + timedelta(days=3), at=utcnow())
    runs = create_app(config)
    assert comes_in(runs)
    assert URLSafeSerializer(config.signing_keys(), salt="withdrawal").loads(signed) == 7
    with time_machine.travel(utcnow() + timedelta(days=2), tick=False):
        assert comes_in(runs)
    with time_machine.travel(utcnow() + timedelta(days=4), tick=False):
        assert not comes_in(runs), "a process that has run since then takes it no longer either"
        assert config.signing_keys() == [config.keys().sign]
        assert not comes_in(create_app(config))
    rotate(config, [KeyUse.SIGN], until=None, at=utcnow())
    assert config.signing_keys() == [config.keys().sign]
    assert not comes_in(create_app(config))


def test_links_of_quotes_and_invoices_are_accepted_as_long(workshop: Workshop) -> None:
    config = workshop.shop.config
    mac = links._mac(config.secret_key(), "quote", 7, "nonce")
    rotate(config, [KeyUse.SIGN], until=utcnow() + timedelta(days=3), at=utcnow())
    assert links._is_ours(workshop.shop, mac, "quote", 7, "nonce")
    assert not links._is_ours(workshop.shop, mac, "quote", 8, "nonce")
    rotate(config, [KeyUse.SIGN], until=None, at=utcnow())
    assert not links._is_ours(workshop.shop, mac, "quote", 7, "nonce")


def test_with_a_wrong_key_nothing_is_changed(workshop: Workshop) -> None:
    fill(workshop)
    config = workshop.shop.config
    right = config.secret_path.read_text()
    config.secret_path.write_text("another-key-that-sealed-nothing\n")
    with pytest.raises(ConfigError, match="not the key that sealed"):
        rotate(config, ALL, until=None, at=utcnow())
    assert config.secret_path.read_text() == "another-key-that-sealed-nothing\n"
    told = examine(open_shop(config), at=utcnow())
    assert "1 second factors cannot be opened: secret.key is not the key that sealed them." in told
    config.secret_path.write_text(right)
    assert opened(config) == SECRETS


@pytest.mark.parametrize(
    "text",
    ["", "\n", "unfinished\n", "sign abcdefghijklmnop\n", "sign a\nseal b\nbroker c\n",
     "sign {k}\nseal {k}\nbroker {k}\nsign-before {k}\n", "sign {k}\nseal {k}\nbroker {k}\nelse {k}\n",
     "sign {k}\nsign {k}\nseal {k}\nbroker {k}\n", "sign {k}\nseal {k}\nbroker\n"],
)  # fmt: skip
def test_a_file_that_is_cut_off_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Put it back from a backup"):
        shop_keys.read(text.format(k="k" * 20), tmp_path / "secret.key")


def test_what_is_written_is_read_and_a_key_of_one_word_is_all_three(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    assert shop_keys.read("one word it is\n", path) == ShopKeys(*["one word it is"] * 3)
    shop_keys.make(path)
    keys = shop_keys.read(path.read_text(), path)
    assert len({keys.sign, keys.seal, keys.broker}) == 3, "each for one use alone"
    for uses in ([KeyUse.SIGN], [KeyUse.SEAL, KeyUse.BROKER], ALL):
        keys = keys.rotated(uses, utcnow().replace(microsecond=0) + timedelta(days=1))
        shop_keys.write(path, keys)
        assert shop_keys.read(path.read_text(), path) == keys


def test_the_command_says_what_it_did_and_not_while_the_shop_runs(workshop: Workshop) -> None:
    fill(workshop)
    config = workshop.shop.config
    command, env = (
        [sys.executable, "-m", "craftops.cli", "--data", str(config.data), "key", "rotate"],
        same_database(config),
    )
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    assert said.returncode == 0, said.stderr
    assert "Sealed anew: 6 secrets. Ended: 1 links" in said.stdout
    from craftops.processes.supervisor import alone

    with alone(config.data):
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    assert said.returncode != 0
    assert "This shop is running already" in said.stderr


@pytest.mark.parametrize("use", ALL)
def test_the_hosts_of_a_shop_know_its_new_key_and_refuse_the_old_file(workshop: Workshop, use: KeyUse) -> None:
    config = workshop.shop.config
    old, mark = config.secret_path.read_text(), hosts.mark_of(config)
    HostRow.create(name=hosts.THE_SHOP, key_mark=mark, seen_at=utcnow())
    rotate(config, [use], until=None, at=utcnow())
    assert HostRow.get(HostRow.name == hosts.THE_SHOP).key_mark == hosts.mark_of(config) != mark
    config.secret_path.write_text(old)
    assert hosts.mark_of(config) == mark
