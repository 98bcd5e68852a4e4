"""Pure decisions over frozen values. No rows, no Flask, no sockets; the clock is always an argument."""
