// The fuzzer of the configuration: arguments are libFuzzer's.

import FuzzConfiguration
import FuzzDriver

FuzzDriver.run(ConfigurationTargets.all)
