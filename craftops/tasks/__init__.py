"""The worker: huey runs what rows say is to be done."""
