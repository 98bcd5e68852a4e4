"""Languages: which one a reader has, the catalogues, and templates and sentences that speak them (decision 38)."""
