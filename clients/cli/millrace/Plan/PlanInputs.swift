// From what was typed to a learner on a device.

import Accelerator
import Client
import Configuration
import Glibc
import Learning
import Platform

/// A configuration that is loaded as often as there are networks to look at.
struct PlanInputs {
    let path: String
    /// What the command line sets, before a candidate's own.
    let flags: [ConfigurationFlag]
    private let text: String
    private let environment: [String: String]

    /// - overrides: of `--set`. - device: of `--device`. - seed: of `--seed`.
    init(
        path: String, overrides: [String], device: String?, seed: UInt64?
    ) throws(ClientError) {
        self.path = path
        environment = ProcessFacts.environment.filter { !Self.ofClient.contains($0.key) }
        var flags: [ConfigurationFlag] = []
        for override in overrides {
            guard let flag = ConfigurationFlag(assignment: override) else {
                throw ClientError(
                    .usage, "--set \(override) is not SECTION.KEY=VALUE",
                    advice: "--set learning.rate=0.02")
            }
            flags.append(flag)
        }
        if let device {
            flags.append(
                ConfigurationFlag(
                    key: "device.profile", value: device, flag: "--device \(device)"))
        }
        if let seed {
            flags.append(
                ConfigurationFlag(key: "network.seed", value: "\(seed)", flag: "--seed \(seed)"))
        }
        self.flags = flags
        guard Glibc.access(path, R_OK) == 0 else {
            throw ClientError(
                errno == EACCES ? .notAllowed : .noInput,
                "\(path): \(String(cString: strerror(errno)))",
                advice: "millrace plan examples/fpga.toml")
        }
        do {
            text = try ConfigurationLoader.read(path)
        } catch {
            throw ClientError(error)
        }
    }

    /// Variables of the client that are no keys of a configuration.
    private static let ofClient: Set<String> = [
        "MILLRACE_STATE", "MILLRACE_SPOOL", "MILLRACE_INGEST", "MILLRACE_QUERY", "MILLRACE_ADMIN",
    ]

    /// The configuration with more settings; a network that its device has no room for is loaded,
    /// too.
    func load(
        _ settings: [FitSetting] = []
    ) throws(ConfigurationErrors) -> MillraceConfiguration {
        var inputs = ConfigurationInputs(
            path: path, text: text, environment: environment,
            flags: flags
                + settings.map {
                    ConfigurationFlag(key: $0.path, value: $0.value, flag: "--set \($0.text)")
                })
        inputs.checksDevice = false
        return try ConfigurationLoader.load(inputs)
    }

    /// Shipped devices besides the one of that name whose units and numbers can work the network,
    /// whether it fits their memory or not.
    func othersThatWork(_ name: String) -> [String] {
        DeviceProfiles.names.filter { other in
            let choice = FitSetting(path: "device.profile", value: other)
            guard other != name, let learner = try? load([choice]).learner,
                var device = learner.device
            else { return false }
            device.memory.capacityBits = .max
            return (try? DevicePlan(learner.deviceNetwork, on: device)) != nil
        }
    }

    /// The configuration as it is, with its device.
    func loadWithDevice() throws(ClientError) -> (MillraceConfiguration, DeviceDescription) {
        let configuration: MillraceConfiguration
        do {
            configuration = try load()
        } catch {
            throw ClientError(error)
        }
        guard let device = configuration.learner.device else {
            throw ClientError(
                .badConfiguration, "\(path) has no [device], and --device names none",
                why: "A plan says what a network costs on a device: shipped are "
                    + DeviceProfiles.names.joined(separator: ", "),
                advice: "--device \(DeviceProfiles.names[0]), or the path of a profile")
        }
        return (configuration, device)
    }
}

extension ClientError {
    /// A configuration that cannot be, with its exit code.
    init(_ errors: ConfigurationErrors) {
        let texts = errors.problems.map(\.description)
        self.init(
            .badConfiguration, texts[0], why: texts.dropFirst().joined(separator: ". "),
            advice: "millraced --config FILE --check")
    }

    /// A network that a device cannot work, with its exit code.
    /// - others: shipped devices that can work it
    init(
        _ error: DeviceError, _ network: DeviceNetwork, on device: DeviceDescription,
        others: [String]
    ) {
        let search =
            network.blocks.isEmpty
            ? "--fit \((device.memory.capacityBits + 7) / 8), which searches what fits"
            : "another structure or arithmetic in [block.N]"
        self.init(
            .badConfiguration, "the network does not run on \(device.name)",
            why: error.text(network.name),
            advice: others.isEmpty
                ? search : "--device with \(others.joined(separator: ", ")); or \(search)")
    }
}
