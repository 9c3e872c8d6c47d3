// SampleSources: placeholder until its first type lands.
