// MillraceProtocol: placeholder until its first type lands.
