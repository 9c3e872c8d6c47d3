// KernelsV3: placeholder until its first type lands.
