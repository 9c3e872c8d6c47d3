// Configuration: placeholder until its first type lands.
