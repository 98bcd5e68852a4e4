"""A look that was put together in the studio is installed as a theme in another shop, and passes what themes must."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.processes import plugin_sync
from craftops.store.database import close_database, utcnow
from craftops.testing import Workshop

pytestmark = pytest.mark.long
ADDRESS = "/staff/settings/look/theme.zip?theme=blueprint&accent=%23aa3366&ground=%23ffeedd&corners=round&type=nunito&w_received=It+is+here&title=Werk"
RUN = """
import sys
from pathlib import Path
from craftops.app import app_for
from craftops.bootstrap import open_shop
from craftops.config import load_config
shop = open_shop(load_config(data=Path(sys.argv[1]), env={}))
print(shop.plugins.themes["werk"].parent, shop.profile().brand, shop.word("received"))
print(app_for(shop).test_client().get("/theme.css").get_data(as_text=True))
"""


@pytest.mark.ci
def test_it_is_installed_worn_and_keeps_its_contract(make_workshop: Callable[..., Workshop], tmp_path: Path) -> None:
    workshop = make_workshop()
    workshop.open(ShopProfile(name="Werk"))
    made = workshop.browser("olga").get(ADDRESS).data
    close_database()
    other = tmp_path / "other"
    other.mkdir()
    zipfile.ZipFile(io.BytesIO(made)).extractall(other)
    pytest.importorskip("setuptools", "70.1", reason="an older one makes no wheels by itself")
    (other / "wheels").mkdir()
    (other / "shop.toml").write_text(
        '[plugins]\nwheels = "wheels"\ninstall = ["./theme_werk"]\nenabled = ["theme_werk"]\n[theme]\nname = "werk"\n'
    )
    config = load_config(data=other, file=other / "shop.toml", env={})
    done = plugin_sync.sync(config, at=utcnow(), tell=lambda _words: None)
    assert done.packages == ("craftops-theme-werk 1.0",)
    subprocess.run([sys.executable, "-m", "craftops.cli", "--data", str(other), "migrate"], check=True, timeout=120)
    said = subprocess.run(
        [sys.executable, "-c", RUN, str(other)], capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("blueprint #aa3366 It is here\n")
    assert "--radius: 22px" in said.stdout
    assert "Nunito" in said.stdout
    checked = [sys.executable, "-m", "craftops.cli", "--data", str(other), "theme", "check"]
    for which in ("werk", str(other / "theme_werk")):
        answer = subprocess.run([*checked, which], capture_output=True, text=True, check=False, timeout=120)
        assert (answer.returncode, answer.stdout) == (0, f"+ {which}: every rule is kept\n"), answer.stderr
    tests = [sys.executable, "-m", "craftops.cli", "plugins", "test", str(other / "theme_werk")]
    answer = subprocess.run(tests, capture_output=True, text=True, check=False, timeout=300)
    assert answer.returncode == 0, answer.stdout + answer.stderr
