// Junctions: placeholder until its first type lands.
