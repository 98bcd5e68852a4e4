"""Signing in with OpenID Connect: Keycloak, Authentik, Google Workspace, Okta and whoever else speaks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.identity import IdentityProvider
from craftops.sdk.settings import setting

from .provider import OidcProvider, is_safe


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What the operator sets."""

    issuer: str = setting("", help="Issuer, as the provider writes it: https://id.example/realms/shop", goes_to=True)
    client_id: str = setting("", help="Id of the client that you have registered there")
    client_secret: str = setting("", help="Its secret", secret=True)
    label: str = setting("Single sign-on", help="What the button says after “Sign in with”")
    customer_domains: tuple[str, ...] = setting(
        (), help="Mail domains whose people become customers when they come for the first time"
    )
    groups_claim: str = setting("groups", help="Claim that names the groups of a person")
    staff_group: str = setting("", help="Group whose people get an account as staff; empty: nobody does")
    two_factors_there: bool = setting(
        False, help="Whether two factors at the provider (amr: mfa) count, so that ours is not asked for"
    )


class OidcSignIn(Plugin[OidcSettings]):
    """One provider. It redirects to ``<base_url>/sign-in/with/oidc/back``: register that address there."""

    name = "sign_in_oidc"
    title = "Single sign-on (OpenID Connect)"
    summary = "People sign in with an account of your directory."
    settings_type = OidcSettings
    can_be_tried = True

    def __init__(self, settings: OidcSettings) -> None:
        super().__init__(settings)
        if settings.issuer and not is_safe(settings.issuer):
            raise ConfigError("The settings cannot be used:", ["plugin.sign_in_oidc.issuer: write https://…"])
        self.provider = OidcProvider(
            settings.issuer, settings.client_id, settings.client_secret, title=settings.label,
            customer_domains=settings.customer_domains, groups_claim=settings.groups_claim,
            staff_group=settings.staff_group, two_factors_there=settings.two_factors_there,
        )  # fmt: skip

    @hookimpl
    def register_identity_providers(self) -> Iterable[IdentityProvider]:
        return [self.provider]

    def try_out(self) -> str:
        """Reads what the provider says of itself."""
        return f"It answers, and signs with {len(self.provider.keys().keys)} keys."


PLUGIN = OidcSignIn
