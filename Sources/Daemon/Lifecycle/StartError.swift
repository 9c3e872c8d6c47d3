// Why a daemon does not start, one case per cause, each with a sentence that says what to do.

import Accelerator
import Learning
import Platform
import WeightStore

/// A start that was refused; nothing was changed on disk.
public enum StartError: Error, Sendable {
    /// The memory plan is larger than the budget.
    case doesNotFit(MemoryShortage)
    /// The kernel would not give the planned memory.
    case noMemory(MemoryRegionError)
    /// Another process has the state directory.
    case locked(path: String)
    /// The state directory or its ring could not be used.
    case storage(String)
    /// The state directory or its ring may not be used by this user.
    case noPermission(directory: String, String)
    /// The ring on disk is for another configuration; `changed` names what can be named.
    case shapesDiffer(found: String, wanted: String, changed: [String])
    /// The state was learned with other names of features, classes or targets, or another order.
    case namesDiffer(String)
    /// The state was learned with another activation or loss, or with junctions of another
    /// structure, density, seed or format; `changed` names what can be named.
    case structureDiffers(String, changed: [String])
    /// Generations are there, but none is intact.
    case nothingIntact(String)
    /// `--from` was given for a state directory that has a state already.
    case stateExists(generation: UInt64)
    /// The checkpoint cannot be used.
    case checkpoint(String)
    /// The checkpoint is of another network than the configuration.
    case checkpointDiffers(path: String, String)
    /// There is no such checkpoint.
    case noCheckpoint(path: String)
    /// The first prediction of the recovered state is not finite.
    case selfTestFailed(generation: UInt64)
    /// A door could not be opened.
    case door(String)
    /// The keys of [keys] cannot be used.
    case keys(AccessFileError)

    /// What is wrong and what to do, for a person.
    public var message: String {
        switch self {
        case .doesNotFit(let shortage): return shortage.description
        case .noMemory(let error):
            return "\(error). TRY: a smaller [memory] plan, or fewer [ring] slots"
        case .locked(let path):
            return "another millraced uses this state directory (\(path) is locked). "
                + "TRY: stop it, or set another [daemon] state"
        case .storage(let text): return text
        case .noPermission(let directory, let text):
            return "the state directory \(directory) may not be used: \(text). TRY: sudo chown -R "
                + "USER \(directory), where USER is who runs millraced (if the directory is still "
                + "missing, the folder above it must let USER write; findmnt -T \(directory) says "
                + "whether the file system is read-only); or another [daemon] state"
        case .shapesDiffer(let found, let wanted, let changed):
            let what =
                changed.isEmpty
                ? ". On disk: \(found). Configured: \(wanted)" : Self.list(changed)
            return
                "the state on disk does not fit this configuration\(what). TRY: the old configuration, its [input] shape, [block.N], "
                + "[network] and [junction] tables included; "
                + "or --fresh, which moves the old state aside and begins anew; if it is the old "
                + "configuration, another version of millraced wrote the state, and only that "
                + "reads it"
        case .namesDiffer(let place):
            return "\(place) was learned with other names of features, classes or targets, or with "
                + "the same in another order: its answers would get wrong names. TRY: the names and "
                + "their order as they were, or --fresh, which moves the state aside"
        case .structureDiffers(let place, let changed):
            let what =
                changed.isEmpty
                ? "another activation, output activation or loss, with other blocks, or "
                    + "with junctions of another structure, density, seed, parallelism or number "
                    + "format"
                : "something else\(Self.list(changed))"
            return "\(place) was learned with \(what): "
                + "its weights would mean something else. TRY: the [network], [block.N] and "
                + "[junction] tables as they were (millrace checkpoint inspect shows those of a "
                + "file); if only [device] changed, it chose "
                + "another parallelism: state the old one as junction.N.parallelism; or --fresh to "
                + "begin anew"
        case .nothingIntact(let text):
            return "no generation in the ring is intact: \(text). TRY: --fresh --from CHECKPOINT, "
                + "which moves the damaged ring aside and starts from a checkpoint"
        case .stateExists(let generation):
            return "the state directory already holds generation \(generation); --from only fills "
                + "an empty one. TRY: `millrace checkpoint restore`, or --fresh --from FILE"
        case .checkpoint(let text):
            return "\(text). TRY: another checkpoint (ls [daemon] state/checkpoints), or begin "
                + "without --from"
        case .checkpointDiffers(let path, let text):
            return "the checkpoint \(path) is of another network than the configuration: \(text). "
                + "TRY: the configuration inside it (millrace checkpoint inspect \(path)); if that is "
                + "the same, another version of millraced wrote the file, and only that reads it"
        case .noCheckpoint(let path):
            return "there is no checkpoint \(path). TRY: ls [daemon] state/checkpoints"
        case .selfTestFailed(let generation):
            return "generation \(generation) predicts values that are not finite. "
                + "TRY: --fresh --from CHECKPOINT"
        case .door(let text): return text
        case .keys(let error): return error.description
        }
    }

    /// ` (a; b)`, or nothing.
    private static func list(_ changed: [String]) -> String {
        changed.isEmpty ? "" : " (" + changed.joined(separator: "; ") + ")"
    }

    /// The exit code of sysexits(3).
    public var exitCode: Int32 {
        switch self {
        case .doesNotFit, .namesDiffer, .shapesDiffer, .structureDiffers, .stateExists,
            .checkpointDiffers, .keys:
            78
        case .noCheckpoint: 66
        case .noMemory: 71
        case .locked: 75
        case .storage: 74
        case .noPermission: 77
        case .nothingIntact, .checkpoint, .selfTestFailed: 65
        case .door: 69
        }
    }
}
