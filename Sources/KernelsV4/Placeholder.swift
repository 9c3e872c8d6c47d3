// KernelsV4: placeholder until its first type lands.
