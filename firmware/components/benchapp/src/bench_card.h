#ifndef BENCH_CARD_H
#define BENCH_CARD_H

#include "bench_answer.h"
#include "bench_app.h"
#include "bench_command.h"

/** Bytes that one hash of `sum` covers. */
#define BENCH_BLOCK_BYTES 4096u

/** Longest path on the card: FOLDER.part/NAME. */
#define BENCH_MAX_PATH 144

/** Names joined by slashes, of letters, digits and `._-`; nothing that leads up or out; at most `max` characters. */
bool bench_is_path(const char *word, uint32_t max);

/** Mounts the card in the slot now. */
void bench_card_mount(struct bench *bench);

/**
 * Whether there is a card that is mounted and, with `writes`, belongs to a build that can do more than read files. False
 * when the command was refused instead. Who opens files lets go of the model first (bench_unload): it has enough open.
 */
bool bench_card_ready(struct bench *bench, const struct bench_command *command, bool writes);

/** FOLDER + suffix + '/' + name, cut off when it does not fit. `name` may be NULL: no slash then. */
void bench_card_path(char path[BENCH_MAX_PATH], const char *folder, const char *suffix, const char *name);

/** What a call of the card's said, worded: its code and "PATH could not be ...". */
void bench_problem_of_card(struct bench_problem *problem, int result, const char *path);

/** A file open for reading, or a negative code of bench_card_error. */
int32_t bench_card_open(const struct bench *bench, const char *path, uint32_t *bytes);

void bench_card_close(const struct bench *bench, int32_t handle);

/** Reads within a file. 0 or BENCH_CARD_FAILED. `target` is 4-byte aligned. */
int bench_card_read(const struct bench *bench, int32_t handle, uint32_t offset, void *target, uint32_t bytes);

/** Whether there is such a file. */
bool bench_card_has(const struct bench *bench, const char *path, uint32_t *bytes);

/** CRC-32 of bytes, charged as compute. */
uint32_t bench_card_crc(const struct bench *bench, uint32_t crc, const void *data, uint32_t bytes);

#endif
