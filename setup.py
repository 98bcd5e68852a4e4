"""Package names: the folders are named for people, the installed packages are ours. The rest is in setup.cfg."""

from setuptools import find_packages, setup

FOLDERS = {"craftops_plugins": "plugins", "craftops_machines": "machines", "craftops_themes": "themes"}

packages = find_packages(include=["craftops", "craftops.*"])
for package, folder in FOLDERS.items():
    packages += [package, *(f"{package}.{inner}" for inner in find_packages(folder))]

setup(packages=packages, package_dir=FOLDERS)
