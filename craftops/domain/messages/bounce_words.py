"""What mail servers say when they do not deliver: which words mean that nobody is there (hard), and which something
else.

Hard is what no waiting mends: no such person, no such host, gone elsewhere. A full mailbox, a filter, a closed
account, an hour's trouble are soft: the address may be right.
"""

from __future__ import annotations

import re


def _words(table: str) -> re.Pattern[str]:
    """A table of words over many lines as one pattern; spaces within a line count."""
    return re.compile("".join(line.strip() for line in table.splitlines()), re.IGNORECASE)


SOFT = _words(
    r"""
    quota|mail ?box.{0,40}(?:is |was )?full|full.{0,20}mailbox|disk (?:space|full)|insufficient (?:system )?storage
    |over ?(?:the )?(?:limit|quota)|no space
    |exceed|too (?:large|big|many|much|long|fast|frequent)|maximum (?:size|message)|size limit|message size
    |rate.?limit|throttl|\bspeeding\b
    |\bspam|\bjunk|unsolicited|\bbulk\b|black.?list|block.?list|blocked|deny.?list|denied by|\bdnsbl|\brbl\b|spamhaus
    |spamcop|barracuda|sorbs|reputation
    |\bspf\b|\bdkim\b|\bdmarc\b|sender policy|authentication|not authenticated|\bunauthenticated|\bptr\b
    |reverse (?:dns|lookup|hostname|name)|rdns
    |(?:invalid|bad|blocked|dynamic) ip\b
    |no (?:reverse|rdns|ptr)|helo|ehlo|cannot find your (?:hostname|reverse)|client host|your (?:host|ip|domain|server
    |email has)|\bsender\b.{0,60}(?:reject|verif|denied|not allowed|invalid|refus)
    |policy|policies|not allowed|prohibited|restrict|content|virus|malware|infected|attachment|refused by
    |access denied|not permitted|permission|not authori[sz]ed
    |relay|suspend|disabled|inactive|deactivat|not active|on hold|locked|closed|expired account|temporar
    |try(?:ing)? again|later|defer|greylist|graylist
    |timed? ?out|time ?out|expired|not (?:yet )?been delivered|gave up|giving up|could not be delivered (?:for|within)
    |retry (?:time|timeout)|delivery time|too long
    |connection (?:refused|reset|lost|failed|dropped|timed)|connect to|can(?:no|')t connect|network|unreachable
    |no route|loop|hop count|too many hops
    |local (?:configuration|error|problem)|configuration error|system (?:error|resources|problem)
    |internal (?:server )?error|unable to (?:open|run|execute|lookup)|mailer
    |i/o error|service (?:unavailable|not available)|protocol|syntax|pipe|tls|certificate|encrypt|line too long
    |bare lf|header
    |not.{0,20}accept(?:ed|ing)? (?:your|mail from|message)|moderat|approv|member|subscri|rule|filter
    |reject(?:ed)? (?:by|due|for|because|your)|\bdsn\b
    """
)
NOBODY = _words(
    r"""
    (?:user|recipient|address|addressee|mailbox|account|alias|customer|person|login|maildrop|box|\bid|name)s?\b.{0,60}?
      (?:unknown|does ?n[o']t exist|do not exist|not (?:found|exist|known|listed|recogni[sz]ed|valid)
      |no longer (?:exist|valid|in use|available|works?)|invalid|undeliverable|non-?existent|isn'?t (?:known|valid
      |here)|has been (?:removed|deleted))
    |(?:unknown|invalid|no such|nonexistent|non-existent|bad|no valid|not a valid|undefined|unrecognized|illegal).{0,24}
      (?:user|recipient|address|addressee|mailbox|account|alias|person|customer|destination|local|name|id\b|people)
    |(?:don'?t|doesn'?t|does not|do not|did not|not).{0,24}(?:have an?|handle|know|recogni[sz]e|find).{0,40}(?:user
    |mailbox|account|address|recipient|name|person)
    |user.{0,20}(?:not|isn't).{0,10}(?:here|local)|no (?:mailbox|account|recipients?|users?|such)\b|not our customer
    |unrout(?:e)?able (?:address|mail domain)
    |mailbox not local|this user doesn'?t|not.{0,6}a.{0,6}(?:known|valid).{0,10}user|there is no (?:one|user|mailbox)
    |delivery to non-?existing
    |recipnotfound|resolver\.adr\.(?:recipnotfound|exrecipnotfound|recipientnotfound)|user_unknown|unknown_user
    |listed in (?:domino|public name)|5\.1\.10|ou kein|unbekannt|n'existe pas|inconnu|no existe|desconocid|inesistente
    |(?:adresse|empfänger|postfach)\b.{0,30}(?:nicht (?:gefunden|bekannt|vorhanden)|existiert nicht)
    |bei \S+ nicht gefunden
    |(?:adresse|destinataire)\b.{0,30}introuvable|(?:dirección|destinatario)\b.{0,30}no (?:se )?encontr
    |indirizzo non trovato|adres niet gevonden|endereço não encontrado|nie znaleziono adresu|adressen hittades inte
    |アドレス不明|找不到(?:地址|收件人)
    |リストにありません
    |宛先不明|存在しません|見つかりません|該当なし|不存在
    """
)
NOWHERE = _words(
    r"""
    (?:host(?! said)|domain|server name|mx|dns)s?\b(?:(?!user|recipient|mailbox|address|\bsaid\b).){0,50}?(?:unknown
    |not found|does ?n[o']t exist|not exist|no such|nonexistent|nxdomain|invalid)
    |(?:unknown|no such|invalid|nonexistent|illegal).{0,16}(?:host|domain)|name (?:or service not known|not found)
    |no (?:mx|address|a record)|null ?mx|\b[\w-]+\.\w{2,6} does not exist
    |doesn'?t (?:accept|receive) (?:any )?(?:e-?mail|mail)|does not accept (?:any )?(?:e-?mail|mail)
    |name server: .{0,60}: host not found|name resolution|\(nullmx\)|unrouteable mail domain
    |indicated no smtp service|could ?n[o']t find (?:a mail exchanger|any host)|domain .{0,60}could ?n[o']t be found
    |all relevant mx records point to non-existent|has no mail exchanger
    """
)
MOVED = re.compile(
    r"(?:user|recipient|account|has|mailbox) .{0,40}moved|forwarding address|changed (?:his|her|their"
    r"|e-?mail) address|new address|no longer (?:at|with|employed)",
    re.IGNORECASE,
)
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[ -])(?!\s*[:/])")
HARD_STATUS = ("5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.1.351", "5.4.4")
SOFT_STATUS = re.compile(r"4\.|2\.|5\.7\.|5\.6\.|5\.2\.[023]|5\.1\.[78]$|5\.3\.[45]")
FULL = re.compile(r"quota|\bfull\b|storage|(?:no|disk|out of) space|too many|spamhaus|block|black.?list", re.IGNORECASE)
FOR_NOW = re.compile(r"try(?:ing)? again|temporar|later|in the queue|delayed", re.IGNORECASE)
AFTER_DATA = re.compile(
    r"end of data|reply to (?:the )?(?:end of )?data|command data|final data|>>> (?:data|\.)\s*\n?<<< 5"
    r"|after (?:end of )?data",
    re.IGNORECASE,
)
"""A server that says "user unknown" only after it has taken the whole mail has a filter: the user was known before."""
ACCOUNT = re.compile(r"this user doesn'?t have an? \S+ account", re.IGNORECASE)
NO_MEMBER = re.compile(
    r"not (?:a )?(?:member|subscribe)|not on (?:the|this) list|(?:members?|subscribers?)[ -]only"
    r"|only (?:members|subscri)|non-?member|kein mitglied|nicht abonniert",
    re.IGNORECASE,
)
"""How a mailing list says that it takes mails of others only."""
PACKING = re.compile(r"^(?:--\S+|[ \t]*boundary=.*|Content-[\w-]+:.*)$", re.IGNORECASE | re.MULTILINE)
"""Lines of a mail's packing, which stand in the text where a mail system has packed it wrongly."""
CARRIER_FILTER = re.compile(r"\b550:? : user unknown", re.IGNORECASE)
"""What Japanese carriers (KDDI) answer where a filter of the reader refused: "user unknown" that names no user."""
GROUPS = re.compile(r"google ?group|groupe|\bgroup\b|群組|グループ|gruppe", re.IGNORECASE)
LINK = re.compile(r"https?://\S+")
