// Standard output, where every write is looked at: data that is not there must not end with
// success. The rest of stdio (what an argument parser prints of itself) is looked at when the
// process ends.
//
// Invariants: a process whose standard output is closed never opens a file in its place, so data
// cannot get into a file by accident.

import Glibc

/// Data for the program or the person behind standard output.
public enum StandardOutput {
    /// The exit code of a process whose output cannot be written (EX_IOERR of sysexits.h).
    public static let failureExitCode: Int32 = 74

    /// Call first in `main`: takes the places of standard streams that are closed, and makes the
    /// process end with 74 if, at its end, what stdio still holds cannot be written.
    public static func prepare() {
        for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free, opened so that using it stays an error: standard
            // input for writing only, the others for reading only.
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
        atexit {
            if fflush(nil) != 0 { StandardOutput.giveUp(errno) }
        }
    }

    /// Writes all of `text`, or ends the process with a message and 74: nobody could use the rest.
    public static func write(_ text: String) {
        let number = Descriptor.write(text, to: STDOUT_FILENO)
        if number != 0 { giveUp(number) }
    }

    /// Without handlers of exit: one of them may be where we come from, and threads may run.
    private static func giveUp(_ number: Int32) -> Never {
        StandardError.write(
            "error: cannot write to standard output: \(errorText(number)). "
                + "TRY: another place for the output; df, for room on the disk\n")
        _exit(failureExitCode)
    }
}

/// Whole texts to a descriptor, without stdio.
enum Descriptor {
    /// Writes all of `text`: 0, or the error number of the write that failed.
    static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    // Somebody made the terminal or pipe that we share not blocking.
                    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&request, 1, -1)
                    continue
                }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return 0
        }
    }
}
