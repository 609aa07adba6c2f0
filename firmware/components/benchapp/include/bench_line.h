#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <stdbool.h>
#include <stdint.h>

/** Longest command line with its line end: it fits the UART's 128-byte FIFO. */
#define BENCH_MAX_LINE 120

/** Ctrl-X */
#define BENCH_CANCEL 0x18

/** Assembles command lines from bytes. After a line that was too long it takes nothing until the next line end. */
struct bench_line {
    char text[BENCH_MAX_LINE + 1]; /* NUL-terminated once a line is whole */
    uint32_t length;
    bool overlong;
};

enum bench_line_event {
    BENCH_LINE_NONE,    /* nothing yet, or an empty line */
    BENCH_LINE_READY,   /* text and length are a line without its line end; the next byte starts a new one */
    BENCH_LINE_OVERLONG /* a line ended that was too long; it is gone */
};

void bench_line_reset(struct bench_line *line);

/** Takes one byte. A Ctrl-X throws away the line so far. */
enum bench_line_event bench_line_push(struct bench_line *line, char byte);

/** Bytes that came while a run was busy, kept in order for afterwards. */
struct bench_line_backlog {
    char bytes[128];
    uint32_t first;
    uint32_t count;
    bool lost; /* more came than fit */
};

/** Keeps a byte, or remembers that it was lost. A Ctrl-X is never lost: it throws away what is full. */
void bench_backlog_push(struct bench_line_backlog *backlog, char byte);

/** The oldest byte; false when there is none. */
bool bench_backlog_pop(struct bench_line_backlog *backlog, char *byte);

/** Whether a Ctrl-X is among the bytes; it and all before it are thrown away. */
bool bench_backlog_cancel(struct bench_line_backlog *backlog);

#endif
