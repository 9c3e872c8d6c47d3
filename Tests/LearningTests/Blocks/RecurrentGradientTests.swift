// Goal: back-propagation through time and normalisations subtract η times the derivative of the
// loss, with every structure. Method: that of BlockGradientTests.

import Learning
import Testing

@Suite struct RecurrentGradientTests {
    static let cases =
        BlockNetworks.recurrent + BlockNetworks.recurrentStructured + BlockNetworks.norms

    @Test(arguments: cases) func everyWeightFollowsItsDerivative(_ test: BlockCase) throws {
        try BlockGradientTests().everyWeightFollowsItsDerivative(test)
    }

    @Test(arguments: cases) func everyJunctionsStepFollowsItsGradient(_ test: BlockCase) throws {
        try BlockGradientTests().everyJunctionsStepFollowsItsGradient(test)
    }
}
