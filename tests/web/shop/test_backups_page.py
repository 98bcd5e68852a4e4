"""The page of backups: how it stands, the phrase, and whose buttons are whose."""

from __future__ import annotations

import re

import pyrage
import pytest
from craftops_plugins.notify_email.channel import EmailSettings, SmtpChannel

from craftops.services.shop import backups, recovery
from craftops.store.database import utcnow
from craftops.store.models import BackupRow
from craftops.testing import Workshop

WORD = re.compile(r'<li><b class="code">(\w+)</b></li>')


def with_a_key(workshop: Workshop) -> None:
    """A shop that can make backups; a phrase, for which age asks a second of work on purpose, is not what it is about."""
    folder = workshop.shop.config.data / recovery.FOLDER
    folder.mkdir(mode=0o700)
    (folder / recovery.RECIPIENT).write_text(f"{pyrage.x25519.Identity.generate().to_public()}\n")


def test_without_a_key_it_is_a_to_do_and_says_how(workshop: Workshop) -> None:
    assert "Nothing of this shop is backed up" in workshop.browser("sam").see("/staff/")
    page = workshop.browser("sam").see("/staff/backups")
    assert "No backups" in page
    assert "Make one now" not in page
    assert "Make a recovery phrase" not in page, "only the owner does"
    assert "Make a recovery phrase" in workshop.browser("olga").see("/staff/backups")


@pytest.mark.ci
def test_the_phrase_counts_when_two_of_its_words_were_typed(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    page = olga.see("/staff/backups/phrase")
    words = WORD.findall(page)
    assert len(words) == 12
    assert WORD.findall(olga.see("/staff/backups/phrase")) != words, "each look shows another one"
    form = {"phrase": " ".join(words), "word_3": words[2], "word_9": "wrong"}
    answer = olga.send("/staff/backups/phrase", form, on="/staff/backups/phrase")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "That is not word 9 of your phrase." in page
    assert "That is not word 3" not in page
    assert WORD.findall(page) == words, "the same phrase, which may be on paper by now"
    assert not recovery.has_phrase(workshop.shop.config)
    answer = olga.send("/staff/backups/phrase", {**form, "word_9": words[8].upper()}, on="/staff/backups/phrase")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/")
    wrapped = recovery.wrapped_key(workshop.shop.config)
    assert wrapped is not None
    assert recovery.unwrap(wrapped.read_bytes(), " ".join(words)).startswith("AGE-SECRET-KEY-1")
    workshop.run_due()
    page = olga.see("/staff/backups")
    assert "Backed up" in page
    assert "Backups lie on the disk of the shop" in page
    assert "Nothing is to be done about it." in olga.see("/staff/")
    assert len(list(backups.folder_of(workshop.shop.config).glob("*.tar.age"))) == 1


def test_a_phrase_that_somebody_made_up_is_none(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    form = {"phrase": "abc " * 12, "word_3": "abc", "word_9": "abc"}
    olga.send("/staff/backups/phrase", form, on="/staff/backups/phrase")
    assert not recovery.has_phrase(workshop.shop.config)


def test_who_is_not_the_owner_neither_sees_a_phrase_nor_makes_anything(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    assert sam.get("/staff/backups/phrase").status_code == 403
    assert sam.send("/staff/backups/phrase", {"phrase": recovery.new_phrase()}, on="/staff/").status_code == 403
    assert sam.send("/staff/backups/make", on="/staff/").status_code == 403


def test_a_failure_stands_on_the_page_and_in_the_list(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    with_a_key(workshop)
    backups.folder_of(workshop.shop.config).write_text("in the way")
    olga.send("/staff/backups/make", on="/staff/backups")
    olga.send("/staff/backups/make", on="/staff/backups")
    workshop.run_due()
    assert BackupRow.select().count() == 1, "asked for twice in a minute is once"
    assert "There is no backup yet" in olga.see("/staff/")
    assert "The last try failed" in olga.see("/staff/backups")


def test_a_good_one_that_is_too_old_is_a_to_do(workshop: Workshop) -> None:
    with_a_key(workshop)
    row = backups.make(workshop.shop, at=utcnow())
    BackupRow.update(begun_at=row.begun_at - 1.6 * backups.policy_of(workshop.shop.config).every).execute()
    assert "The last good backup is too old" in workshop.browser("sam").see("/staff/")
    assert "Too old" in workshop.browser("sam").see("/staff/backups")


def test_mails_whose_links_lead_to_this_computer_are_a_to_do(workshop: Workshop) -> None:
    assert "Links in mails lead to" not in workshop.browser("sam").see("/staff/")
    workshop.shop.plugins.notification_channels = (SmtpChannel(EmailSettings(host="smtp.example")),)
    assert "Links in mails lead to http://127.0.0.1:8080" in workshop.browser("sam").see("/staff/")
