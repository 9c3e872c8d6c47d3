// Learning: placeholder until its first type lands.
