// The 784-128-10 training step by hand on OpenBLAS: sgemv, sger, saxpy, one thread, batch 1. ReLU or
// tanh, softmax, cross-entropy, plain SGD: the arithmetic of kernel-bench and of step_torch.py.
//
//     cc -O3 -march=native step_openblas.c -lopenblas -lm && ./a.out
//
// Both layouts of the matrices are tried, and the faster one counts. Before anything is timed, one
// step of each is compared with plain loops. Prints medians in microseconds as JSON.

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUTS = 784, HIDDEN = 128, OUTPUTS = 10, SAMPLES = 64, BATCH = 50, BATCHES = 101 };
static const float RATE = 1e-5f;

typedef struct {
    float w1[HIDDEN * INPUTS], b1[HIDDEN], w2[OUTPUTS * HIDDEN], b2[OUTPUTS];
} Network;

static Network network, expected, start;
static float x[SAMPLES][INPUTS], hidden[HIDDEN], error[HIDDEN], delta[OUTPUTS];
static int labels[SAMPLES];

static float uniform(float scale) { return scale * (2.0f * rand() / RAND_MAX - 1.0f); }

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec * 1e-3;
}

// delta = softmax(delta) - one-hot(label)
static void output_error(int label) {
    float most = delta[0], sum = 0;
    for (int j = 1; j < OUTPUTS; j++) most = fmaxf(most, delta[j]);
    for (int j = 0; j < OUTPUTS; j++) sum += delta[j] = expf(delta[j] - most);
    for (int j = 0; j < OUTPUTS; j++) delta[j] /= sum;
    delta[label] -= 1;
}

// A matrix of `rows` outputs, in either layout: its leading dimension is the other count.
static int leading(CBLAS_ORDER order, int rows, int columns) {
    return order == CblasRowMajor ? columns : rows;
}

static void step(CBLAS_ORDER order, int is_tanh, int i) {
    Network *n = &network;
    int lead1 = leading(order, HIDDEN, INPUTS), lead2 = leading(order, OUTPUTS, HIDDEN);
    memcpy(hidden, n->b1, sizeof hidden);
    cblas_sgemv(order, CblasNoTrans, HIDDEN, INPUTS, 1, n->w1, lead1, x[i], 1, 1, hidden, 1);
    if (is_tanh) {
        for (int j = 0; j < HIDDEN; j++) hidden[j] = tanhf(hidden[j]);
    } else {
        for (int j = 0; j < HIDDEN; j++) hidden[j] = hidden[j] > 0 ? hidden[j] : 0;
    }
    memcpy(delta, n->b2, sizeof delta);
    cblas_sgemv(order, CblasNoTrans, OUTPUTS, HIDDEN, 1, n->w2, lead2, hidden, 1, 1, delta, 1);
    output_error(labels[i]);
    cblas_sgemv(order, CblasTrans, OUTPUTS, HIDDEN, 1, n->w2, lead2, delta, 1, 0, error, 1);
    if (is_tanh) {
        for (int j = 0; j < HIDDEN; j++) error[j] *= 1 - hidden[j] * hidden[j];
    } else {
        for (int j = 0; j < HIDDEN; j++) error[j] = hidden[j] > 0 ? error[j] : 0;
    }
    cblas_sger(order, OUTPUTS, HIDDEN, -RATE, delta, 1, hidden, 1, n->w2, lead2);
    cblas_saxpy(OUTPUTS, -RATE, delta, 1, n->b2, 1);
    cblas_sger(order, HIDDEN, INPUTS, -RATE, error, 1, x[i], 1, n->w1, lead1);
    cblas_saxpy(HIDDEN, -RATE, error, 1, n->b1, 1);
}

// The same step in plain loops, on `expected`.
static void plain_step(CBLAS_ORDER order, int is_tanh, int i) {
#define W1(j, k) expected.w1[order == CblasRowMajor ? (j) * INPUTS + (k) : (k) * HIDDEN + (j)]
#define W2(j, k) expected.w2[order == CblasRowMajor ? (j) * HIDDEN + (k) : (k) * OUTPUTS + (j)]
    for (int j = 0; j < HIDDEN; j++) {
        double sum = expected.b1[j];
        for (int k = 0; k < INPUTS; k++) sum += (double)W1(j, k) * x[i][k];
        hidden[j] = is_tanh ? tanhf(sum) : sum > 0 ? sum : 0;
    }
    for (int j = 0; j < OUTPUTS; j++) {
        double sum = expected.b2[j];
        for (int k = 0; k < HIDDEN; k++) sum += (double)W2(j, k) * hidden[k];
        delta[j] = sum;
    }
    output_error(labels[i]);
    for (int k = 0; k < HIDDEN; k++) {
        double sum = 0;
        for (int j = 0; j < OUTPUTS; j++) sum += (double)W2(j, k) * delta[j];
        error[k] = sum * (is_tanh ? 1 - hidden[k] * hidden[k] : hidden[k] > 0);
    }
    for (int j = 0; j < OUTPUTS; j++) {
        for (int k = 0; k < HIDDEN; k++) W2(j, k) -= RATE * delta[j] * hidden[k];
        expected.b2[j] -= RATE * delta[j];
    }
    for (int j = 0; j < HIDDEN; j++) {
        for (int k = 0; k < INPUTS; k++) W1(j, k) -= RATE * error[j] * x[i][k];
        expected.b1[j] -= RATE * error[j];
    }
}

static void check(CBLAS_ORDER order, int is_tanh) {
    network = expected = start;
    for (int i = 0; i < SAMPLES; i++) step(order, is_tanh, i);
    for (int i = 0; i < SAMPLES; i++) plain_step(order, is_tanh, i);
    const float *a = (const float *)&network, *b = (const float *)&expected;
    for (size_t k = 0; k < sizeof network / sizeof *a; k++)
        if (!(fabsf(a[k] - b[k]) < 1e-5f)) {
            fprintf(stderr, "OpenBLAS and plain loops differ at %zu: %g, %g\n", k, a[k], b[k]);
            exit(1);
        }
}

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double median_step(CBLAS_ORDER order, int is_tanh) {
    double times[BATCHES];
    network = start;
    for (int batch = -5; batch < BATCHES; batch++) {
        double begin = microseconds();
        for (int i = 0; i < BATCH; i++) step(order, is_tanh, (batch + 5 + i) % SAMPLES);
        if (batch >= 0) times[batch] = (microseconds() - begin) / BATCH;
    }
    qsort(times, BATCHES, sizeof *times, ascending);
    return times[BATCHES / 2];
}

int main(void) {
    openblas_set_num_threads(1);
    srand(1);
    float *w = (float *)&start;
    for (size_t k = 0; k < sizeof start / sizeof *w; k++) w[k] = uniform(1 / sqrtf(INPUTS));
    for (int k = 0; k < OUTPUTS * HIDDEN; k++) start.w2[k] = uniform(1 / sqrtf(HIDDEN));
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < INPUTS; k++) x[i][k] = uniform(1);
        labels[i] = rand() % OUTPUTS;
    }
    double best[2];
    for (int is_tanh = 0; is_tanh < 2; is_tanh++) {
        check(CblasRowMajor, is_tanh);
        check(CblasColMajor, is_tanh);
        double rows = median_step(CblasRowMajor, is_tanh);
        double columns = median_step(CblasColMajor, is_tanh);
        best[is_tanh] = rows < columns ? rows : columns;
    }
    printf("{\"version\":\"%s\",\"relu\":%.3f,\"tanh\":%.3f}\n", openblas_get_config(), best[0],
        best[1]);
}
