"""A producer's conversation with the daemon, without any socket, thread or clock of its own."""
