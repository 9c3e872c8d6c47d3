// What each sanitizer must find, or a clean run of the others means nothing: two threads that add to
// one number, and memory that nobody frees. Built and run by scripts/sanitize.

import Glibc

let shared = UnsafeMutablePointer<Int>.allocate(capacity: 1)
shared.initialize(to: 0)
var other = pthread_t()
pthread_create(
    &other, nil,
    { number in
        number?.assumingMemoryBound(to: Int.self).pointee += 1
        return nil
    }, shared)
shared.pointee += 1
pthread_join(other, nil)

@inline(never) func forget(_ count: Int) {
    UnsafeMutablePointer<Int>.allocate(capacity: count).initialize(repeating: 1, count: count)
}
forget(1_000 + shared.pointee)
shared.deallocate()
