"""Live pages: one stream a page, from the outbox, held by one thread for all of them."""
