#ifndef BENCH_PROBE_KINDS_H
#define BENCH_PROBE_KINDS_H

#include "bench_probe.h"

/* What `probe` measures, each with the rest of its command, which it answers. No model is loaded meanwhile. */

/** `dot`, `elementwise`, `exp`, `crc`, `rmsnorm`, `stream` */
void bench_probe_kernel(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `dot_FORMAT`: products with rows of packed weights */
void bench_probe_dot(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `card FOLDER NAME`: reads of a file */
void bench_probe_card(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `open FOLDER NAME`: opening a file, and closing it */
void bench_probe_open(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `mount` */
void bench_probe_mount(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `uart`: lines of a pattern in both directions */
void bench_probe_uart(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `poll`: reads of the UART that find nothing */
void bench_probe_poll(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `write`: output as the driver takes it */
void bench_probe_write(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** `psram`: whether it holds what is written to it */
void bench_probe_psram(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

#endif
