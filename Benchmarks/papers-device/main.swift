// papers-device: the experiments of docs/papers.md that train nothing: what the device model says
// about published networks. A line of JSON each on standard output, within a second.
//
//     papers-device TENSOR-LAYERS.csv

import Accelerator
import Glibc
import Platform

/// The text of a file; nil if there is none.
func text(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { break }
        bytes += chunk[0..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Words of weights that FF and BP fetch: dense ones where nothing is stored compressed.
func fetchedWords(
    _ network: TensorNetwork, _ recipe: TensorRecipe, _ processing: TensorProcessing
) -> Int {
    let step = processing.training(network, vectors: recipe.batch, pruning: recipe.pruning)
    return zip(network.junctions, step.junctions).reduce(0) { sum, pair in
        let (junction, cost) = pair
        let pruning = junction.isPruned && recipe.array.generatesAhead ? recipe.pruning : nil
        let forward = junction.layer.feedforward(vectors: recipe.batch, pruning)
        let back = junction.layer.backprop(vectors: recipe.batch, pruning)
        return sum
            + processing.cost(of: forward, cost.feedforward.product.dataflow).rightReads
            + (cost.backprop.map {
                processing.cost(of: back, $0.product.dataflow).rightReads
            } ?? 0)
    }
}

/// A training step against the dense one on the same array.
func line(_ network: TensorNetwork, _ recipe: TensorRecipe) -> String {
    let processing = TensorProcessing(recipe.array, satArithmetic)
    let dense = processing.training(network, vectors: recipe.batch, pruning: nil)
    let own = processing.training(network, vectors: recipe.batch, pruning: recipe.pruning)
    let layers = zip(network.junctions, zip(dense.junctions, own.junctions)).map { pair in
        let (junction, (dense, own)) = pair
        return "{\"name\":\"\(junction.name)\",\"dense\":\(dense.clocks),"
            + "\"clocks\":\(own.clocks),\"feedforward\":\(own.feedforward.clocks),"
            + "\"backprop\":\(own.backprop?.clocks ?? 0),\"update\":\(own.update.clocks),"
            + "\"exposed\":\(own.update.exposedClocks)}"
    }
    return "{\"network\":\"\(network.name)\",\"variant\":\"\(recipe.variant)\","
        + "\"batch\":\(recipe.batch),\"pattern\":\"\(recipe.pattern)\","
        + "\"addClocks\":\(recipe.array.addClocks),\"dense\":\(dense.clocks),"
        + "\"clocks\":\(own.clocks),\"fetched\":\(fetchedWords(network, recipe, processing)),"
        + "\"mean\":\(own.meanSpeedUp(over: dense)),"
        + "\"total\":\(own.speedUp(over: dense)),\"layers\":[\(layers.joined(separator: ","))]}"
}

guard CommandLine.arguments.count == 2, let shapes = text(of: CommandLine.arguments[1]) else {
    StandardError.write("usage: papers-device TENSOR-LAYERS.csv\n")
    exit(64)
}
do throws(TensorNetworkError) {
    for network in try TensorNetwork.read(shapes) {
        for recipe in TensorRecipe.all { print(line(network, recipe)) }
    }
} catch {
    StandardError.write(
        "papers-device: \(CommandLine.arguments[1]), line \(error.line): \(error.found)\n")
    exit(65)
}
