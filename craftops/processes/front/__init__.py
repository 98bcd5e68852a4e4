"""The front of the web process: it holds every socket, so that no peer, however slow, holds a thread of the app."""
