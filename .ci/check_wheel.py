"""The wheel must hold templates, styles, scripts, fonts, themes and drivers, and no generic package name."""

from __future__ import annotations

import sys
import zipfile

WANTED = (
    "craftops/templates/base.html",
    "craftops/templates/mail/notice.txt",
    "craftops/templates/mail/files.txt",
    "craftops/static/css/base.css",
    "craftops/static/js/app.js",
    "craftops/static/vendor/turbo.js",
    "craftops/static/vendor/model-viewer.js",
    "craftops/static/vendor/tus.js",
    "craftops/static/vendor/icons.svg",
    "craftops/static/vendor/inter-latin.woff2",
    "craftops/store/migrations/0001_initial.py",
    "craftops/store/migrations/0002_uploads.py",
    "craftops/py.typed",
    "craftops/papers/template/paper.typ",
    "craftops_themes/atelier/tokens.css",
    "craftops_themes/atelier/templates/portal/order.html",
    "craftops_machines/mqtt/status.schema.json",
    "craftops_plugins/analyzer_mesh/stl.py",
    "craftops_plugins/analyzer_drawing/dxf.py",
    "craftops_plugins/channel_email/mailbox.py",
    "craftops_plugins/channel_folder/channel.py",
    "craftops_plugins/payment_stripe/provider.py",
    "craftops_plugins/sign_in_oidc/provider.py",
    "craftops_plugins/payment_transfer/account.py",
    "craftops_plugins/payment_manual/__init__.py",
    "craftops_plugins/carrier_manual/__init__.py",
    "craftops_plugins/carrier_flat_rate/settings.py",
    "craftops_plugins/carrier_easypost/carrier.py",
    "craftops/testing/stripe/server.py",
    "craftops/testing/easypost/server.py",
    "craftops/papers/template/label.typ",
    "craftops/static/vendor/package-lock.json",
    "craftops_docs/plugins.md",
    "craftops_docs/kinds/payment-provider.md",
    "craftops_docs/operators/running.md",
    "craftops_docs/screenshots/themes-light.webp",
)
OURS = ("craftops/", "craftops_plugins/", "craftops_machines/", "craftops_themes/", "craftops_docs/", "craftops-")


def main(path: str) -> None:
    """Exit with what is missing or foreign."""
    names = zipfile.ZipFile(path).namelist()
    missing = [name for name in WANTED if name not in names]
    foreign = [name for name in names if not name.startswith(OURS)]
    if missing or foreign:
        raise SystemExit(f"missing: {missing}\nforeign: {foreign}")
    sys.stdout.write(f"{len(names)} files, all there\n")


main(sys.argv[1])
