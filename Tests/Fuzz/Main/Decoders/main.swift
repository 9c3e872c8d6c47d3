// The fuzzer of the decoders: MILLRACE_FUZZ_TARGET names one, arguments are libFuzzer's.

import FuzzDecoders
import FuzzDriver

FuzzDriver.run(DecoderTargets.all)
