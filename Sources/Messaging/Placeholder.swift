// Messaging: placeholder until its first type lands.
