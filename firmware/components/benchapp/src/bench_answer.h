#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include "bench_app.h"
#include "bench_command.h"
#include "bench_text.h"

/** Longest message of an `err`. */
#define BENCH_MAX_MESSAGE 200

/** What went wrong: an error code of firmware/PROTOCOL.md and a message for people that names what it is about. */
struct bench_problem {
    const char *code; /* NULL: nothing */
    char bytes[BENCH_MAX_MESSAGE + 1];
    struct bench_text text;
};

/** Begins a message; the caller goes on in problem->text. */
void bench_problem_begin(struct bench_problem *problem, const char *code, const char *message);

/** The answer of the core, worded: code and message of a negative return. `where` is the model's folder. */
void bench_problem_of_core(struct bench_problem *problem, int result, const struct tl_fault *fault, const char *where);

/**
 * Acknowledges a command, and remembers it with its ack for when the command comes again. `extra` is what follows `q`,
 * such as `,"count":5`; at most BENCH_MAX_ACK - 1 characters.
 */
void bench_ack(struct bench *bench, const struct bench_command *command, const char *extra);

/** The remembered ack once more, marked as such. */
void bench_ack_again(struct bench *bench);

/** Refuses, or ends, the command `sequence` (0: none that could be read). */
void bench_refuse(struct bench *bench, uint32_t sequence, const struct bench_problem *problem);

/** The same with a fixed message. */
void bench_refuse_line(struct bench *bench, uint32_t sequence, const char *code, const char *message);

/** The same with a message that ends in a word of the command. */
void bench_refuse_word(struct bench *bench, uint32_t sequence, const char *code, const char *message, const char *word);

#endif
