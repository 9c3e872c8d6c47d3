#define _GNU_SOURCE
#include "machine.h"
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

int machine_instruction_set(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 4;
    return __builtin_cpu_supports("x86-64-v3") ? 3 : 0;
#elif defined(__aarch64__)
    return 64;
#else
    return 0;
#endif
}

static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & -(crc & 1));
        table[0][byte] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int byte = 0; byte < 256; byte++)
            table[slice][byte] =
                (table[slice - 1][byte] >> 8) ^ table[0][table[slice - 1][byte] & 0xFF];
}

uint32_t machine_crc32c_table(uint32_t seed, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= crc;
        crc = table[7][word & 0xFF] ^ table[6][(word >> 8) & 0xFF] ^
              table[5][(word >> 16) & 0xFF] ^ table[4][(word >> 24) & 0xFF] ^
              table[3][(word >> 32) & 0xFF] ^ table[2][(word >> 40) & 0xFF] ^
              table[1][(word >> 48) & 0xFF] ^ table[0][word >> 56];
    }
    for (; count > 0; p++, count--) crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_instruction(
    uint32_t seed, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint64_t crc = (uint32_t)~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t narrow = (uint32_t)crc;
    for (; count > 0; p++, count--) narrow = __builtin_ia32_crc32qi(narrow, *p);
    return ~narrow;
}
#endif

uint32_t machine_crc32c(uint32_t seed, const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return crc32c_instruction(seed, bytes, count);
#endif
    return machine_crc32c_table(seed, bytes, count);
}

void machine_limit_malloc_arenas(int arenas) {
    mallopt(M_ARENA_MAX, arenas);
}

int machine_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int machine_signalfd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    // Set, not added: a mask inherited from the parent must not keep SIGABRT from ending us.
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int machine_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t bytes = read(descriptor, &information, sizeof information);
    return bytes == (ssize_t)sizeof information ? (int)information.ssi_signo : 0;
}

void machine_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

char **machine_environment(void) {
    return environ;
}

void machine_forbid_dumps(void) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void machine_wipe(void *bytes, size_t count) {
    explicit_bzero(bytes, count);
}
