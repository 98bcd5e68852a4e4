"""Papers: what turns a frozen document into bytes that leave the shop, and the judge of its e-invoices.

An adapter like the store: it knows the domain and nothing above it, keeps no rows, and opens no network. Its libraries
(typst, fontTools, the judge's) are loaded by processes of their own, when the first paper is made.
"""
