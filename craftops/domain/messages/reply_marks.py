"""By what a line of a mail is known to be no word of its writer: what mail programs put around quotes.

Collected from what programs write (Gmail, Outlook, Apple Mail, Thunderbird, K-9, Yahoo) in their translations. Each
table is one alternation, so that a line is looked at once whatever its length.
"""

from __future__ import annotations

import re

MARKER = "[ Please answer above this line ]"
"""Stands at the top of our mails. Nobody can change it, so that answers can be told from what they answer."""
MARKER_LINE = re.compile(r"^[\s>|*_]*\[ ?please answer above this line ?\]", re.IGNORECASE)

WROTE = (
    r"wrote|writes|said|schrieb|schreibt|geschrieben|a écrit|écrit|schreef|geschreven|escribió|escribe"
    r"|ha scritto|scrisse|scrive|escreveu"
    r"|skrev|skriver|napisał\(?a?\)?|napisała|napsala?|napsal\(a\)|napísala?|написала?|написал\(а\)|пишет"
    r"|писала?|написав"
    r"|kirjoitti|írta|a scris|yazdı|şunları yazdı|έγραψε|kirjutas|rašė|rakstīja|je napisao|je pisal|написа|viết"
    r"|menulis"
    r"|pisze|пише|napisana przez|va escriure|şunu yazdı"
    r"|写道|寫道|のメッセージ|書きました|作成|님이 작성"
)
ATTRIBUTION = re.compile(rf"(?:\b|\s|^|(?<=\d))(?:{WROTE})", re.IGNORECASE)
OPENER = re.compile(
    r"^[\s>*]*(?:On|At|In article|Le|Am|Op|El|Il|Em|Den|Dne|Dňa|Dnia|W dniu|V|Ma|La|Tarihinde|Στις|Ngày|Pada"
    r"|\d{1,4}[-./年]|\d{1,2}\s|\w+,?\s\d{1,2}\s\w+\s\d{4}|\w+day\b|\w+tag\b|\")",
)
"""How the line begins that says who wrote when; \\w+day and \\w+tag are days of the week."""
DATED_NAME = re.compile(
    r"^\s*\d{4}(?:[-/.]|年)\d{1,2}(?:[-/.]|月)\d{1,2}(?:日|\b).{0,200}<\s*[^<>\s]+@[^<>\s]+>\s*:?\s*$", re.DOTALL
)
"""Older Gmail: a date, a name, an address, and no verb at all."""
CITING = re.compile(
    r"^[\s>*]*(?:quoting|zitat von|citando|citation de|citerar|citat fra)\s[^\n@]{0,200}@[^\n]{0,200}:\s*$",
    re.IGNORECASE,
)
"""Programs that quote without a date."""
TIMED = re.compile(r"\d{1,2}[:.h]\d{2}\b")
DATED = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
ADDRESSED = re.compile(r"<\s*[^<>\s]+@[^<>\s]+>\s*[:：]\s*$")
"""Ends in an address and a colon: with a date and a time before it no sentence of anybody does."""
BETWEEN_DASHES = re.compile(rf"^[\s>]*-{{2,}}\s[^\n]{{0,300}}(?:{WROTE})[^\n]{{0,20}}\s-{{2,}}\s*$", re.IGNORECASE)
NAMED = re.compile(r"[\w\"'.)]\s*<\s*[^<>\s]+@[^<>\s]+>")
WHEN = re.compile(r"\d{1,2}[:.hu]\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}|@")

_ORIGINAL = (
    r"original (?:message|e-?mail|mail)|original appointment|forwarded message|forwarded by|forwarded mail"
    r"|urspr(?:ü|u)ngliche (?:nachricht|mail)|weitergeleitete nachricht|original-?nachricht"
    r"|message (?:d['’`]origine|original|transféré)"
    r"|message initial|oorspronkelijk bericht|doorgestuurd bericht|mensaje (?:original|reenviado)"
    r"|messaggio (?:originale|inoltrato)"
    r"|mensagem (?:original|encaminhada)|oprindelig meddelelse|opprinnelig melding|videresendt (?:besked|melding)"
    r"|ursprungligt meddelande|ursprungsmeddelande|vidarebefordrat (?:meddelande|mejl)|(?:oryginalna|oryginalny"
    r"|wiadomość oryginalna|przekazana) ?(?:wiadomość|list)?"
    r"|původní (?:zpráva|e-?mail)|přeposlaná zpráva|pôvodná správa|исходное сообщение|пересылаемое сообщение"
    r"|пересланное сообщение"
    r"|оригинальное сообщение|alkuperäinen viesti|välitetty viesti|eredeti üzenet|mesaj original|orijinal ileti"
    r"|原始邮件|原始郵件|転送メッセージ"
)
ORIGINAL = re.compile(rf"^[\s>*|]*[-_–—=]{{2,}}\s*(?:{_ORIGINAL})[^\n]{{0,60}}$", re.IGNORECASE)
FORWARD = re.compile(
    r"^[\s>*_]*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du (?:message"
    r"|e-mail) (?:réexpédié|transféré)"
    r"|inicio del mensaje reenviado|inizio (?:messaggio inoltrato|del messaggio inoltrato)|begin doorgestuurd bericht"
    r"|início da mensagem (?:reencaminhada|encaminhada)|start på videresendt besked|videresendt melding"
    r"|vidarebefordrat brev"
    r"|początek przekazywanej wiadomości|začátek přeposlané zprávy|начало переадресованного сообщения"
    r"|välitetty viesti alkaa)"
    r"\s*[:：]?\s*\*?\s*$",
    re.IGNORECASE,
)
_FROM = (
    "from|von|от кого|de|da|van|från|fra|od|от|von|lähettäjä|feladó|mittente|remitente|expéditeur|de la|kimden"
    "|gönderen|від|发件人|寄件者|差出人|보낸 사람|από"
)
_SENT = (
    "sent|date|gesendet|datum|envoyé|envoyé le|date d'envoi|verzonden|verzonden op|enviado|enviado el"
    "|enviada em|enviado em|fecha|data|inviato|skickat|sendt"
    "|sent at|dato|wysłano|wysłane|odesláno|отправлено|дата|lähetetty|päivämäärä|tarih|gönderildi|发送时间|日期"
    "|送信日時|elküldve|dátum|trimis|ημερομηνία"
)
_TO = (
    "to|an|à|a|aan|para|till|til|do|кому|vastaanottaja|címzett|destinatario|destinataire|kime|收件人|宛先|받는 사람"
    "|komu|către|προς|cc|kopie|copie|kopi|cópia|kopia"
    "|dw|копия|kopio|reply-to|antwort an|répondre à|svar til|odpowiedz"
)
_SUBJECT = (
    "subject|betreff|objet|onderwerp|asunto|oggetto|assunto|ämne|emne|temat|předmět|тема|aihe|tárgy|subiect"
    "|konu|主题|主旨|件名|제목|θέμα|predmet|re"
)
HEADER = re.compile(
    rf"^[\s>*_]*(?:(?P<sender>{_FROM})|(?P<sent>{_SENT})|(?P<to>{_TO})"
    rf"|(?P<subject>{_SUBJECT}))\s?\*{{0,2}}[ \u00a0]?[:：]\*{{0,2}}(?:\s|$)",
    re.IGNORECASE,
)
QUOTE = re.compile(r"^\s{0,3}(?:>|\|(?!.*\|\s*$)|[A-Z][A-Za-z]{0,14}>+(?:\s|$))")
"""A quoted line: the mark of most programs, a bar (which no table ends with), or the initials of old ones."""
FENCE = re.compile(r"^\s*(?:```|~~~)")
RULE = re.compile(r"^\s*(?:_{5,}|\*{5,}|={8,}|-{20,})\s*$")
"""A line that parts: what follows the last one is a signature or a quote."""
SIGNATURE = re.compile(r"^\s*(?:--|—|––|-- )\s*$")
_DEVICE = (
    r"sent (?:from|via|with|using|by)|get outlook|envoyé (?:de|depuis|à partir|avec)|télécharger outlook"
    r"|gesendet (?:von|mit)|von meinem"
    r"|diese nachricht wurde von|outlook für|verzonden (?:vanaf|van|met|via)|verstuurd (?:vanaf|met|via)"
    r"|enviado (?:desde|do|a partir|con|de|pelo|via)"
    r"|obtener outlook|obter o outlook|inviato (?:da|dal|con)|ottieni outlook|scarica outlook|sendt fra"
    r"|hent outlook|skickat från|hämta outlook|wysłan[eoy] z"
    r"|pobierz outlook|odesláno z|odoslané z|отправлено (?:с|из)|отправлено через|lähetetty|hanki outlook"
    r"|küldve|trimis de|iphone'umdan|发自我的|從我的|iphoneから送信"
)
DEVICE = re.compile(rf"^[\s*_>(\[]*(?:{_DEVICE})\b[^\n]{{0,140}}$", re.IGNORECASE)
"""The line that phones and programs put below a message."""
