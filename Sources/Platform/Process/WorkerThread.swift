// A plain thread with a name and a small stack. No work runs on Swift's cooperative pool: a
// blocking poll or fdatasync there would stall unrelated tasks.

import CMachine
import Glibc

/// A thread that runs one function to its end.
public final class WorkerThread: @unchecked Sendable {
    private var handle = pthread_t()
    private var isJoined = false

    private final class Work {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts the thread.
    /// - name: at most 15 bytes, shown by `ps -L` and `top -H`.
    /// - stackBytes: the whole stack; it never grows.
    public init(name: String, stackBytes: Int = 512 * 1024, body: @escaping @Sendable () -> Void) {
        precondition(name.utf8.count <= 15)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        let work = Unmanaged.passRetained(Work(name: name, body: body))
        let result = pthread_create(
            &handle, &attributes,
            { context in
                guard let context else { return nil }
                let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                machine_name_thread(work.name)
                work.body()
                return nil
            }, work.toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(result == 0, "pthread_create failed with \(result)")
    }

    /// Lets threads that wait for this processor run first (sched_yield(2)); none, and it is a system
    /// call that returns.
    public static func yield() {
        sched_yield()
    }

    /// Waits for the thread's end.
    public func join() {
        guard !isJoined else { return }
        isJoined = true
        pthread_join(handle, nil)
    }
}
