// Accelerator: placeholder until its first type lands.
