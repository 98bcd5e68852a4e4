"""When it will be ready: what runs teach, what is left of one, the queues simulated."""
