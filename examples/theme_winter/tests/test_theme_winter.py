"""Every page of the portal in the look of the winter."""

from theme_winter import PLUGIN

from craftops.testing import ThemeContract


class TestWinter(ThemeContract):
    def plugin(self):
        return PLUGIN

    def test_it_greets(self, plug_in):
        shop = self.dressed(plug_in)
        shop.place("ada")
        assert "A calm winter from all of Testwerk." in shop.browser("ada").see("/")
