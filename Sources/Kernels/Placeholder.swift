// Kernels: placeholder until its first type lands.
