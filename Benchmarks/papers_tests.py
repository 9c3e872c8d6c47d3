"""What docs/papers.md says of the test suite: claims that a test holds, and whether it is there."""

import os
import re

from papers_claims import ABSTRACT, COMPUTED, PUBLISHED, Row

TESTS = [
    ("0.1", "there are as many interleavers as the formula says: 46,656 · 729 · 27", "the same",
     PUBLISHED, ["SparsePatternTests.thereAreAsManyPatternsAsTheFormulaSays"]),
    ("0.1", "degrees are exact and no clock reads a memory twice", "exact", PUBLISHED,
     ["SparsePatternTests.degreesAreExactAndNoClockClashes",
      "SparsePatternTests.sweepsAreWhatTheirTypeSays"]),
    ("0.2", "fixed point: products, rounding and saturation, bit by bit", "exact", PUBLISHED,
     ["FixedArithmeticTests.productsByHand", "FixedArithmeticTests.productsOfAllPairs",
      "FixedArithmeticTests.sumsSaturate"]),
    ("0.2", "tables of the sigmoid and its derivative: in (10,2,7) the derivative at 0 is 31, not "
     "32", "exact", PUBLISHED,
     ["FixedSigmoidTests.tenBits", "FixedSigmoidTests.entriesAreOrderedAndBounded"]),
    ("0.3", "the junction pipeline: after 1,100 samples the learner has the weights that the delay rule "
     "gives, for one to five junctions", "bit exact", PUBLISHED,
     ["DelayRuleTests.theLearnerFollowsTheRule", "DelayedCopiesTests.theLearnerIsItsDefinition",
      "DelayedCopiesTests.aRateCountsFromEntry"]),
    ("0.4", "cycles: edges / z + 2 + PROCTIME, 34 clocks (36) for the FPGA network, half with twice the "
     "hardware", "34 at 15 MHz: 441,000 samples/s", COMPUTED + " from verified inputs",
     ["EdgeProcessingTests.thePublishedNetworkTakes34Clocks",
      "EdgeProcessingTests.twiceTheProcessorsHalveTheClocks",
      "DeviceParallelismChoiceTests.findsThePublishedOneAndItsMultiples"]),
    ("0.4", "no clash; clashes of other patterns, clock by clock and bank by bank", "exact", PUBLISHED,
     ["DeviceSimulationTests.thePublishedNetworkStepsAsPlanned",
      "EdgeSimulationTests.bothModelsAgreeOnEveryShapeUpTo16By16",
      "EdgeSimulationTests.aClashFreePatternClashesAtAnotherZ"]),
    ("0.4", "multipliers: z in FF, 2z in BP (not in junction 1), z + z/fi in UP: 12,384 "
     "multiplications a sample", "computed from the published resources", COMPUTED,
     ["EdgeProcessingTests.thePublishedNetworkMultiplies12384Times"]),
    ("0.10", "memory: 2(L−h)−1 activation banks, 2 error banks; the FPGA network learns in 98,880 bits",
     "98,880", COMPUTED + " from verified inputs",
     ["DeviceMemoryMapTests.theNetworkOfTheFpgaTakes98880Bits",
      "DeviceMemoryMapTests.banksOfDeeperPipelinesAreTwoMoreForEachLayer"]),
    ("0.2", "updates: the learning rate goes onto the error first, and rounds", "exact", PUBLISHED,
     ["FixedArithmeticTests.incrementsOfBiases", "FixedGoldenTests.isTheReference"]),
    ("1.1", "increments have the right mean and variance", "unbiased, p(1 − p)/L", COMPUTED,
     ["StochasticEstimateTests.theMeanIsTheExactIncrement",
      "StochasticEstimateTests.theVarianceAndTheShareOfUpdates"]),
    ("1.1", "one stream for both sides estimates min(p, q) and is found out", "must fail",
     COMPUTED, ["StochasticEstimateTests.oneStreamForBothSidesFails"]),
    ("1.2", "packed words equal the naive form bit by bit, at every L", "equal", COMPUTED,
     ["StochasticDenseTests.everyBitCountIsTheNaiveForm"]),
    ("1.4", "without scaling errors of some thousandths hardly ever make a bit", "vanish",
     COMPUTED, ["StochasticEstimateTests.withoutScalingSmallErrorsVanish"]),
    ("2.1", "FF through spectra is the product with the circulant matrix", "equal", COMPUTED,
     ["CirculantJunctionTests.theMatrixConsistsOfCirculants",
      "CirculantJunctionTests.feedforwardIsTheProduct"]),
    ("2.1", "gradients follow finite differences; learning spectra is learning weights", "equal",
     COMPUTED, ["CirculantGradientTests.updatesFollowFiniteDifferences",
                "CirculantGradientTests.incrementsInTimeAreIncrementsInFrequency"]),
    ("2.2", "transforms of every size equal their definition", "equal", COMPUTED,
     ["CirculantTransformTests.aTransformIsItsDefinition",
      "CirculantTransformTests.theWayBackUndoesIt"]),
    ("2.4", "storage is ⌈m/k⌉⌈n/k⌉k", "O(n)", ABSTRACT,
     ["CirculantJunctionTests.storageIsTheFormula"]),
    ("2.7", "the gradient without conjugates fails the gradient check", "must fail", COMPUTED,
     ["CirculantGradientTests.theGradientWithoutConjugatesFailsTheCheck"]),
    ("3.1", "masks keep exactly the N largest of every M, the lower index of equal ones", "exact",
     "our rule", ["PrunedTests.theLargestAreKeptAndOfEqualsTheFirst"]),
    ("3.2", "SORE's stack selects what sorting selects, in M clocks per group and lane",
     "M clocks per group", "from a reader's note",
     ["TensorEngineTests.everyGroupOfFourSmallNumbersIsSelectedAsBySorting",
      "TensorEngineTests.lanesAgreeWithTheModel"]),
    ("3.3", "an array that is stepped element by element forms the masked product, and takes the "
     "clocks, stalls and accesses of the model", "exact", "our model",
     ["TensorSimulationTests.everySmallProductAgrees",
      "TensorSimulationTests.raggedGroupsAndGroupsAlongColumnsAgree"]),
    ("3.3", "both passes multiply by what is kept, as dense products with masks do", "equal",
     COMPUTED, ["PrunedJunctionTests.bothPassesMultiplyByWhatIsKept"]),
    ("3.3", "views follow their weights bit for bit", "pre-generated after each update",
     ABSTRACT, ["PrunedJunctionTests.viewsFollowBitForBit"]),
    ("3.7", "compressed sizes are the formula's", "N/M values and indices", COMPUTED,
     ["PrunedJunctionTests.storageIsByFormula"]),
    ("3.7", "2 of 8 weights in 16 bits take 38 bits with their places, instead of 128", "the same",
     COMPUTED, ["TensorEngineTests.aGroupOfTwoOfEightTakes38Bits"]),
    ("3.6", "each ablation costs what the model says, and the scheduler is never worse than either "
     "dataflow", "offline scheduling", ABSTRACT,
     ["TensorNetworkTests.withoutPreGenerationTheHiddenClocksShow",
      "TensorNetworkTests.theSchedulerIsNeverWorse"]),
    ("1.6", "energy by the paper's factor: a stochastic product counts .178 of a multiplication in FP16, "
     "and nothing is given in joules", "17.8 %", ABSTRACT + ", as we read “better”",
     ["DeviceKeyTests.energiesAreThoseOfTheTable",
      "TransformProcessingTests.stochasticCountsAreThoseOfTheEmulation",
      "TransformSimulationTests.bothModelsAgreeOnStochasticProducts"]),
    ("2.4", "multiplications at 1024 × 1024, k = 4 … 128: 2.6, 4.5, 8, 14, 24, 34 times fewer, "
     "transforms included, on the emulated units", "the same", COMPUTED,
     ["TransformProcessingTests.multiplicationsFallWithTheBlock",
      "TransformSimulationTests.bothModelsAgreeOnCirculantBlocks"]),
]


def test_rows(root):
    """TESTS, each looked for in the tests' own sources."""
    known = set()
    for folder in ("JunctionsTests", "KernelsTests", "ArithmeticTests", "LearningTests",
                   "AcceleratorTests", "ConfigurationTests"):
        for directory, _, files in os.walk(os.path.join(root, "Tests", folder)):
            for file in files:
                if file.endswith(".swift"):
                    with open(os.path.join(directory, file)) as source:
                        for name in re.findall(r"func (\w+)\(", source.read()):
                            known.add(f"{file[:-6]}.{name}")
    rows = []
    for id, claim, paper, sure, wanted in TESTS:
        found = [f"`{n}`" if n in known else f"`{n}` is not there" for n in wanted]
        verdict = "tested" if known.issuperset(wanted) else "missing"
        rows.append(Row(id, claim, paper, sure, ", ".join(found), "", verdict))
    return sorted(rows, key=lambda row: [int(part) for part in row.id.split(".")])
