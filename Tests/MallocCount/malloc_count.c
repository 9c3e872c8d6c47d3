#define _GNU_SOURCE
#include "malloc_count.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t *counts;
static __thread int depth_in_zmq __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void open_counts(void) {
    const char *path = getenv("MALLOC_COUNT_FILE");
    if (!path) return;
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page != MAP_FAILED) counts = page;
}

static void count(void) {
    if (!counts || depth_in_zmq) return;
    char name[16] = "";
    int keep = errno;
    prctl(PR_GET_NAME, name);
    errno = keep;
    int class = 3;
    if (!strcmp(name, "mr-network")) class = 0;
    if (!strcmp(name, "mr-learner")) class = 1;
    if (!strcmp(name, "mr-storage")) class = 2;
    atomic_fetch_add(&counts[class], 1);
}

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    count();
    return __libc_realloc(old, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count();
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

// libzmq allocates by itself; its own calls are bounded by socket options instead.
#define AROUND(result, name, parameters, arguments)                      \
    result name parameters {                                             \
        static result(*next) parameters;                                 \
        depth_in_zmq++;                                                  \
        if (!next) next = (result(*) parameters)dlsym(RTLD_NEXT, #name); \
        result value = next arguments;                                   \
        depth_in_zmq--;                                                  \
        return value;                                                    \
    }

AROUND(int, zmq_recv, (void *s, void *b, size_t n, int f), (s, b, n, f))
AROUND(int, zmq_send, (void *s, const void *b, size_t n, int f), (s, b, n, f))
AROUND(int, zmq_poll, (void *items, int n, long t), (items, n, t))
AROUND(int, zmq_getsockopt, (void *s, int o, void *v, size_t *n), (s, o, v, n))
