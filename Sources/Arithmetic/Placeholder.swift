// Arithmetic: placeholder until its first type lands.
