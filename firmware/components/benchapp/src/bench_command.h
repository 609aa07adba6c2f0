#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/** One command line, taken apart in place. */
struct bench_command {
    uint32_t sequence; /* 0: a person, who gave none */
    uint32_t crc;      /* of every byte before the ` *`, or of the whole line */
    const char *verb;
    char *rest; /* what bench_command_word() has not returned yet */
};

/**
 * Takes `text` apart, which must outlive the command. NULL when it is well framed, else the error code (`crc`,
 * `crc_missing`, `bad_arg`), and then nothing else of the command is to be trusted.
 */
const char *bench_command_parse(char *text, struct bench_command *command);

/** The next argument, or NULL. */
const char *bench_command_word(struct bench_command *command);

/** Whether `word` is a decimal integer of 0 .. max and nothing else. */
bool bench_parse_uint(const char *word, uint32_t max, uint32_t *out);

#endif
