"""Use cases of other programs: webhooks that go out, calendar feeds, what an assistant proposes."""
