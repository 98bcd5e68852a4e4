"""Answers by mail: what was written is told from what was quoted, in every language, and no word is ever lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.replies import MOST, trim_reply
from craftops.domain.messages.reply_marks import MARKER

OUTSIDE = Path(__file__).parents[4] / "shared" / "outside" / "replies"
QUOTED = "> Shall we press in M6 inserts?\n> They are of brass."
PLAIN = "Shall we press in M6 inserts?\nThey are of brass."


def words(text: str) -> list[str]:
    return text.split()


INTRODUCTIONS = [
    "On Mon, Nov 23, 2026 at 9:12 AM, Werk Süd <shop@werk.example> wrote:",
    "On 23 Nov 2026, at 09:12, Werk Süd <shop@werk.example>\nwrote:",
    "Am 23.11.2026 um 09:12 schrieb Werk Süd <shop@werk.example>:",
    "Am Mo., 23. Nov. 2026 um 09:12 Uhr schrieb Werk Süd <\nshop@werk.example>:",
    "Le lun. 23 nov. 2026 à 09:12, Werk Süd <shop@werk.example> a écrit :",
    "El lun, 23 nov 2026 a las 9:12, Werk Süd (<shop@werk.example>) escribió:",
    "Il giorno lun 23 nov 2026 alle ore 09:12 Werk Süd <shop@werk.example> ha scritto:",
    "Op ma 23 nov 2026 om 09:12 schreef Werk Süd <shop@werk.example>:",
    "Em seg., 23 de nov. de 2026 às 09:12, Werk Süd <shop@werk.example> escreveu:",
    "pon., 23 lis 2026 o 09:12 Werk Süd <shop@werk.example> napisał(a):",
    "po 23. 11. 2026 v 9:12 odesílatel Werk Süd <shop@werk.example> napsal:",
    "Den mån 23 nov. 2026 kl 09:12 skrev Werk Süd <shop@werk.example>:",
    "man. 23. nov. 2026 kl. 09.12 skrev Werk Süd <shop@werk.example>:",
    "ma 23. marrask. 2026 klo 9.12 Werk Süd (shop@werk.example) kirjoitti:",
    "пн, 23 нояб. 2026 г. в 09:12, Werk Süd <shop@werk.example>:\nнаписал:",
    "понедельник, 23 ноября 2026 г. пользователь Werk Süd написал:",
    "在 2026年11月23日星期一 上午9:12，Werk Süd <shop@werk.example> 写道：",
    "2026年11月23日(月) 9:12 Werk Süd <shop@werk.example>:",
    "2026-11-23 9:12 GMT+01:00 Werk Süd <shop@werk.example>:",
    "W dniu 23.11.2026 o 09:12, Werk Süd pisze:",
    "Wiadomość napisana przez Werk Süd <shop@werk.example> w dniu 23.11.2026, o godz. 09:12:",
    "вт, 23 нояб. 2026 г., 09:12 Werk Süd <shop@werk.example>:",
    "Понедельник, 23 ноября 2026, 9:12 +03:00 от Werk Süd <shop@werk.example>:",
    '23.11.2026, 09:12, "Werk Süd" <shop@werk.example>:',
    "пн, 23 лист. 2026 р. о 09:12 Werk Süd <shop@werk.example> пише:",
    "Dne 23. 11. 2026 v 9:12, Werk Süd <shop@werk.example>:",
    "Werk Süd kirjoitti 23.11.2026 klo 9.12:",
    "No dia 23/11/2026, às 09:12, Werk Süd\n<shop@werk.example> escreveu:",
    "Werk Süd <shop@werk.example>, 23 Kas 2026 Pzt,\n09:12 tarihinde şunu yazdı:",
    "El dl., 23 de nov. 2026, 9:12, Werk Süd <shop@werk.example> va escriure:",
    "Quoting Werk Süd <shop@werk.example>:",
    "Zitat von Werk Süd <shop@werk.example>:",
    "---- On Mon, 23 Nov 2026 09:12:00 +0100 Werk Süd <shop@werk.example> wrote ----",
    "---------- Původní e-mail ----------",
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "---------- Forwarded message ---------",
    "-------- Weitergeleitete Nachricht --------",
    "----- Message d'origine -----",
    "Werk Süd <shop@werk.example> 于2026年11月23日周一 09:12写道：",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("quote", [QUOTED, PLAIN])
def test_an_answer_above_a_quote(introduction: str, quote: str) -> None:
    got = trim_reply(f"Yes please, M6.\n\n{introduction}\n\n{quote}\n")
    assert got.own == "Yes please, M6."
    assert "brass" in got.folded


@pytest.mark.parametrize("introduction", INTRODUCTIONS[:19])
def test_an_answer_below_a_quote(introduction: str) -> None:
    got = trim_reply(f"{introduction}\n\n{QUOTED}\n\nYes please, M6.\n")
    assert got.own == "Yes please, M6."


@pytest.mark.parametrize(
    "headers",
    [
        "From: Werk Süd <shop@werk.example>\nSent: Monday, 23 November 2026 09:12\nTo: Ada\nSubject: Feet",
        "**From:** Werk Süd\n**Date:** Monday\n**To:** Ada\n**Subject:** Feet",
        "Von: Werk Süd <shop@werk.example>\nGesendet: Montag, 23. November 2026 09:12\nAn: Ada\nBetreff: Feet",
        "De : Werk Süd\nEnvoyé : lundi 23 novembre 2026 09:12\nÀ : Ada\nObjet : Feet",
        "De: Werk Süd\nEnviado: lunes\nPara: Ada\nAsunto: Feet",
        "Da: Werk Süd\nInviato: lunedì\nA: Ada\nOggetto: Feet",
        "Van: Werk Süd\nVerzonden: maandag\nAan: Ada\nOnderwerp: Feet",
        "Från: Werk Süd\nSkickat: den 23 november\nTill: Ada\nÄmne: Feet",
        "От кого: Werk Süd\nКому: Ada\nДата: понедельник\nТема: Feet",
        "Fra: Werk Süd\nSendt: mandag\nTil: Ada\nEmne: Feet",
        "Od: Werk Süd\nWysłano: poniedziałek\nDo: Ada\nTemat: Feet",
        "От: Werk Süd\nОтправлено: понедельник\nКому: Ada\nТема: Feet",
        "Lähettäjä: Werk Süd\nLähetetty: maanantai\nVastaanottaja: Ada\nAihe: Feet",
        "发件人： Werk Süd\n发送时间： 2026年11月23日\n收件人： Ada\n主题： Feet",
    ],
)
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-" * 40 + "\n"])
def test_an_answer_above_the_headers_of_outlook(headers: str, rule: str) -> None:
    got = trim_reply(f"Yes please, M6.\n\n{rule}{headers}\n\n{PLAIN}")
    assert got.own == "Yes please, M6."
    assert "brass" in got.folded


@pytest.mark.parametrize(
    "mark",
    [
        "-- \nAda Lovelace\n+44 20", "--\nAda", "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone",
        "Gesendet von Mail für Windows", "Sendt fra min iPad", "Отправлено с iPhone", "Get Outlook for Android<https://x>",
        "Enviado desde mi iPhone", "________________\nAda, Analytical Engines Ltd.",
    ],
)  # fmt: skip
def test_a_signature_is_folded(mark: str) -> None:
    got = trim_reply(f"Yes please, M6.\n\n{mark}\n")
    assert got.own == "Yes please, M6."


def test_answers_between_the_lines_stay_where_they_are() -> None:
    mail = (
        "On Monday 23 Nov 2026, Werk <s@w.example> wrote:\n> M6?\n\nYes.\n\n> Brass?\n\nSteel, please.\n\n> Regards\n"
    )
    got = trim_reply("Hello,\n\n" + mail)
    assert words(got.own) == words("Hello, > M6? Yes. > Brass? Steel, please.")


@pytest.mark.parametrize(
    "text",
    [
        "On this day\nI wrote something\nwhich was long.", "Please make 3:\n- one\n- two",
        "From: here to there is 40 mm.", "The subject: is it watertight?\nTo: be sure, please check.",
        "```\n> not a quote\n--\n# comment\n```\nEnd", "| part | mm |\n|---|---|\n| foot | 40 |",
        "My colleague wrote: make it blue.", "Best regards\nAda", "Mail it to Bob <bob@example.org>:\nhe pays.", "Quoting the drawing:\n40 mm",
        "We open at 9:30 on 23.11.2026:\nplease be there.",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_quote_is_shown(text: str) -> None:
    assert words(trim_reply(text).own) == words(text)


def test_nothing_below_our_own_line_is_an_answer() -> None:
    got = trim_reply(f"Yes.\n\nsome program's odd line\n{MARKER}\n{PLAIN}")
    assert got.own == "Yes.\n\nsome program's odd line"
    assert trim_reply(f"Yes.\n> {MARKER}\n> more").own == "Yes."


def test_what_we_sent_is_known_without_any_mark() -> None:
    ours = "Shall we press in M6 inserts?\n\nThey are of brass and hold well in PETG, we have done it often."
    got = trim_reply(f"Yes please.\n\n{ours}\n", [ours])
    assert got.own == "Yes please."


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [*INTRODUCTIONS, QUOTED, "", "", "--", "Yes", "> x", "From: a@b", "To: c", "```", "_" * 9, MARKER]
        ),
        st.text(max_size=40),
    ),
    max_size=25,
)


@given(LINES, st.lists(st.text(max_size=60), max_size=2))
def test_no_word_is_ever_lost(lines: list[str], sent: list[str]) -> None:
    text = "\n".join(lines).replace("\x00", "")
    got = trim_reply(text, sent)
    assert sorted(words(got.own) + words(got.folded)) == sorted(words(text))


@pytest.mark.parametrize(
    "line",
    [">" * 90 + " x", "_" * 400, "On " * 100 + "wrote:", "From: x", "-" * 30 + " Original", "a@b>" * 90, "| x", "x"],
)
def test_a_mail_made_to_take_long_does_not(line: str) -> None:
    text = (line + "\n") * (MOST // (len(line) + 1))
    got = trim_reply(text)
    assert len(words(got.own)) + len(words(got.folded)) == len(words(text))
    assert trim_reply(text * 20).folded == ""


def outside() -> list[str]:
    return sorted(path.name for path in (OUTSIDE / "emails").glob("*")) if OUTSIDE.is_dir() else []


def test_mails_of_strangers_are_trimmed_as_their_files_say() -> None:
    names = outside()
    if not names:
        pytest.skip("the folder of strangers' mails (../shared/outside/replies) is not here")
    right = 0
    for name in names:
        got = trim_reply((OUTSIDE / "emails" / name).read_text(errors="replace"))
        want = (OUTSIDE / "trimmed" / name).read_text(errors="replace")
        assert not set(words(want)) - set(words(got.own)), name
        right += words(got.own) == words(want)
    assert right >= 0.92 * len(names), f"{right} of {len(names)}"
