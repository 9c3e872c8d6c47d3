// WeightStore: placeholder until its first type lands.
