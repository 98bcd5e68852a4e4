"""What every identity provider must keep to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from craftops.errors import OutsideError
from craftops.sdk.identity import IdentityProvider, Vouched

BACK, STATE = "https://shop.example/sign-in/with/it/back", "a state that the core has made"


class IdentityProviderContract:
    """It sends people to a safe place with the core's state, and vouches for nobody who has not been there."""

    def provider(self) -> IdentityProvider:
        raise NotImplementedError

    def been_there(self, address: str) -> dict[str, str]:
        """The query with which somebody whom the provider knows comes back from ``address``."""
        raise NotImplementedError

    def test_it_introduces_itself(self) -> None:
        provider = self.provider()
        assert provider.name.isidentifier()
        assert provider.title
        assert provider.ready is True
        assert all(one == one.lower() and "@" not in one for one in provider.customer_domains)

    def test_it_sends_people_away_with_our_state_and_new_secrets_each_time(self) -> None:
        provider = self.provider()
        first, second = (provider.begin(BACK, STATE) for _ in range(2))
        place = urlsplit(first.address)
        assert place.scheme == "https" or place.hostname in ("127.0.0.1", "localhost")
        assert all(one not in first.address for name, one in first.kept.items() if "verifier" in name)
        assert not first.kept or first.kept != second.kept

    def test_who_has_been_there_is_vouched_for(self) -> None:
        provider = self.provider()
        sent = provider.begin(BACK, STATE)
        answer = self.been_there(sent.address)
        assert answer["state"] == STATE
        who = provider.finish(answer, sent.kept, BACK)
        assert isinstance(who, Vouched)
        assert who.subject
        assert isinstance(who.email_verified, bool)

    def test_nobody_comes_back_twice(self) -> None:
        provider = self.provider()
        sent = provider.begin(BACK, STATE)
        answer = self.been_there(sent.address)
        provider.finish(answer, sent.kept, BACK)
        with pytest.raises(OutsideError) as caught:
            provider.finish(answer, sent.kept, BACK)
        assert caught.value.sentence.endswith(".")

    def test_an_answer_belongs_to_the_sign_in_that_it_was_asked_for(self) -> None:
        provider = self.provider()
        mine, theirs = provider.begin(BACK, STATE), provider.begin(BACK, STATE)
        with pytest.raises(OutsideError):
            provider.finish(self.been_there(theirs.address), mine.kept, BACK)

    @pytest.mark.parametrize("answer", [{}, {"code": ""}, {"error": "access_denied"}, {"code": "made up"}])
    def test_who_has_not_been_there_is_nobody(self, answer: dict[str, str]) -> None:
        provider = self.provider()
        sent = provider.begin(BACK, STATE)
        with pytest.raises(OutsideError):
            provider.finish({"state": STATE, **answer}, sent.kept, BACK)
