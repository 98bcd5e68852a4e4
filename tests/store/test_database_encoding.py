"""A database that keeps its text as bytes is told before anything is written into it."""

from __future__ import annotations

import os

import pytest

from craftops.errors import ConfigError
from craftops.store.database import close_database, open_database

SERVER = "CRAFTOPS_TEST_DATABASE_URL"


@pytest.mark.skipif(not os.environ.get(SERVER), reason=f"needs PostgreSQL ({SERVER})")
@pytest.mark.parametrize(("encoding", "good"), [("SQL_ASCII", False), ("LATIN1", False), ("UTF8", True)])
def test_only_a_database_of_utf8_is_taken(encoding: str, good: bool) -> None:
    """initdb makes one of SQL_ASCII where no language is set: psycopg gives bytes of it, and no migration knows itself
    again."""
    import psycopg

    url, name = os.environ[SERVER], f"craftops_text_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}"')
        link.execute(f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        if good:
            open_database(f"{url.rsplit('/', 1)[0]}/{name}")
        else:
            with pytest.raises(ConfigError, match=r"UTF-8\. Make it anew: createdb --encoding=UTF8"):
                open_database(f"{url.rsplit('/', 1)[0]}/{name}")
    finally:
        close_database()
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
