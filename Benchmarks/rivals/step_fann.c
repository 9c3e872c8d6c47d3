// The 784-128-10 training step in FANN (Debian's libfann): fann_train, one sample at a time.
//
//     cc -O3 step_fann.c -lfann -lm && ./a.out
//
// FANN 2.2 has neither ReLU nor softmax: its nearest is a symmetric sigmoid (tanh) before a sigmoid,
// with squared error. The products, which take the time, are the same. Prints the median in
// microseconds as JSON.

#include <fann.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INPUTS = 784, HIDDEN = 128, OUTPUTS = 10, SAMPLES = 64, BATCH = 50, BATCHES = 41 };

static fann_type x[SAMPLES][INPUTS], y[SAMPLES][OUTPUTS];

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(void) {
    srand(1);
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < INPUTS; k++) x[i][k] = 2.0f * rand() / RAND_MAX - 1.0f;
        y[i][rand() % OUTPUTS] = 1;
    }
    struct fann *network = fann_create_standard(3, INPUTS, HIDDEN, OUTPUTS);
    if (!network) return 1;
    fann_set_training_algorithm(network, FANN_TRAIN_INCREMENTAL);
    fann_set_activation_function_hidden(network, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(network, FANN_SIGMOID);
    fann_set_learning_rate(network, 1e-5f);
    double times[BATCHES];
    for (int batch = -3; batch < BATCHES; batch++) {
        double begin = microseconds();
        for (int i = 0; i < BATCH; i++)
            fann_train(network, x[(batch + 3 + i) % SAMPLES], y[(batch + 3 + i) % SAMPLES]);
        if (batch >= 0) times[batch] = (microseconds() - begin) / BATCH;
    }
    qsort(times, BATCHES, sizeof *times, ascending);
    fann_destroy(network);
    printf("{\"version\":\"2.2\",\"step\":%.3f}\n", times[BATCHES / 2]);
}
