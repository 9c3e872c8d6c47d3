// Counts allocations of a process per thread, outside libzmq's calls. Preloaded into millraced by
// a test; counts appear in the file named by MALLOC_COUNT_FILE, which must be one page long.
//
//   u64[0] network, u64[1] learner, u64[2] storage, u64[3] every other thread
#ifndef MILLRACE_MALLOC_COUNT_H
#define MILLRACE_MALLOC_COUNT_H
/// Keeps the module from being empty.
enum { MALLOC_COUNT_CLASSES = 4 };
#endif
