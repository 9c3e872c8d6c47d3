// Daemon: placeholder until its first type lands.
