"""Notices as mails."""
