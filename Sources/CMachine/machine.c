#define _GNU_SOURCE
#include "machine.h"
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

uint64_t machine_socket_number(int descriptor) {
    struct stat facts;
    if (fstat(descriptor, &facts) != 0 || !S_ISSOCK(facts.st_mode)) return 0;
    return (uint64_t)facts.st_ino;
}

int machine_peer(int descriptor, uint8_t address[16], uint32_t *number) {
    struct sockaddr_storage peer;
    socklen_t bytes = sizeof peer;
    memset(&peer, 0, sizeof peer);
    memset(address, 0, 16);
    *number = 0;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &bytes) != 0) return 0;
    if (peer.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&peer;
        address[10] = address[11] = 0xFF;
        memcpy(address + 12, &four->sin_addr, 4);
        *number = ntohs(four->sin_port);
        return 4;
    }
    if (peer.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&peer;
        memcpy(address, &six->sin6_addr, 16);
        *number = ntohs(six->sin6_port);
        return 6;
    }
    if (peer.ss_family != AF_UNIX) return 0;
    struct ucred peer_process;
    bytes = sizeof peer_process;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer_process, &bytes) == 0)
        *number = peer_process.uid;
    return 1;
}

int machine_epoll(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int machine_epoll_once(int epoll, int descriptor) {
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data = {.fd = descriptor}};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
    return errno == ENOENT ? epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

int machine_epoll_take(int epoll, int32_t *descriptors, int capacity) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, 0);
    for (int index = 0; index < count; index++) descriptors[index] = events[index].data.fd;
    return count;
}

uint64_t machine_allow_descriptors(uint64_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

void machine_return_memory(void) {
    malloc_trim(0);
}

void machine_forbid_dumps(void) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void machine_wipe(void *bytes, size_t count) {
    explicit_bzero(bytes, count);
}
