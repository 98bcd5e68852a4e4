"""Names and subjects of strangers in the headers of our mails: words, whatever they are."""

from __future__ import annotations

from email import message_from_bytes, policy

from craftops_plugins.notify_email.message import build
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.hostile_texts import NAMES, SCRIPTS

from craftops.sdk.notification import Notice

ASCII_ODD = st.text(st.sampled_from('ab<>@,;:()[]"\\ =?.\r\n'), max_size=120)
NAMED = st.one_of(st.sampled_from((*NAMES, *SCRIPTS)), st.text(max_size=120), ASCII_ODD)
PADS = st.sampled_from(("", "x" * 40 + " ", "x" * 70 + " ", "Jörg " * 12, "ü" * 90))
WRITTEN = {
    "from", "to", "reply-to", "subject", "date", "message-id", "x-craftops", "auto-submitted", "x-auto-response-suppress", "mime-version",
    "content-type",
}  # fmt: skip


@settings(max_examples=300)
@given(NAMED, PADS, NAMED, PADS, NAMED, PADS)
def test_whatever_somebody_is_called_the_headers_are_ours(
    to: str, to_pad: str, sender: str, sender_pad: str, subject: str, subject_pad: str
) -> None:
    notice = Notice(
        "k", "ada@example.org", to_pad + to, sender_pad + sender, subject_pad + subject, "Text", "<p>Text</p>",
        reply_to="reply@example.com",
    )  # fmt: skip
    raw = build(notice, "shop@example.com").as_bytes()
    for mail in (message_from_bytes(raw), message_from_bytes(raw, policy=policy.default)):
        assert {name.lower() for name in mail} <= WRITTEN
        assert len(list(mail.keys())) == len({name.lower() for name in mail})
    assert [one.addr_spec for one in mail["To"].addresses] == ["ada@example.org"]
    assert [one.addr_spec for one in mail["From"].addresses] == ["shop@example.com"]
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == ["reply@example.com"]
    assert not set("\r\n") & set(mail["Subject"] + mail["To"].addresses[0].display_name)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@given(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=40),
    st.sampled_from((", Hans", " (Werk)", " & Co.")),
)
def test_a_name_of_the_world_is_read_as_it_was_written(name: str, more: str) -> None:
    notice = Notice("k", "ada@example.org", name + more, "Werk", "S", "Text", "")
    mail = message_from_bytes(build(notice, "shop@example.com").as_bytes(), policy=policy.default)
    read = mail["To"].addresses[0].display_name  # the library puts a space between two words that it encodes
    assert read.replace(" ", "") == (name + more).replace(" ", "")
