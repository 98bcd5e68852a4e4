"""Flask, and only here. Views are thin: parse, call a service, hand a context to a template."""
