// fdatasync and fsync left out, for `durable.cost` alone: loaded into the daemon with LD_PRELOAD, it
// learns, writes and acknowledges as ever, but waits for no disk. Nothing it acknowledges then would
// survive a power cut.
//
//     cc -O2 -shared -fPIC -o no_sync.so no_sync.c

int fdatasync(int descriptor) {
    (void)descriptor;
    return 0;
}

int fsync(int descriptor) {
    (void)descriptor;
    return 0;
}
