#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdbool.h>

#include "bench_app.h"
#include "bench_command.h"
#include "bench_record.h"

/** What a measurement is asked for: the options of firmware/PROTOCOL.md "Probes". */
struct bench_probe {
    const char *kind;
    uint32_t sequence;
    uint32_t size;   /* elements or bytes a call */
    uint32_t calls;  /* calls a pass, over neighbouring pieces of memory or of a file */
    uint32_t repeat; /* passes */
    uint32_t memory; /* enum bench_memory */
    uint32_t step;   /* card: from one read's start to the next one's; 0: one behind the other */
    uint32_t bounce; /* card: piece that goes through internal RAM; 0: straight to its target */
};

/** `probe KIND ...` */
void bench_command_probe(struct bench *bench, struct bench_command *command);

/** Reads the rest of the command into `probe`, which keeps what is not named. False when it was refused. */
bool bench_probe_options(struct bench *bench, struct bench_command *command, struct bench_probe *probe);

/** A piece of memory, or NULL after the command was refused with `no_memory`. */
void *bench_probe_take(struct bench *bench, const struct bench_probe *probe, enum bench_memory kind, uint32_t bytes);

void bench_probe_give(const struct bench *bench, enum bench_memory kind, void *piece);

uint64_t bench_probe_now(const struct bench *bench);

/** Begins the answer: kind and the microseconds since `since_us`. The caller adds what else was counted and sends it. */
void bench_probe_answer(struct bench_record *record, const struct bench *bench, const struct bench_probe *probe,
                        uint64_t since_us);

#endif
