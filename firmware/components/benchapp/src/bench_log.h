#ifndef BENCH_LOG_H
#define BENCH_LOG_H

#include "bench_app.h"
#include "bench_text.h"

/** Longest log line. */
#define BENCH_MAX_LOG 320

/** One line for people, as ESP-IDF's log library writes it: `I (MILLISECONDS) TAG: MESSAGE`. */
struct bench_log {
    char bytes[BENCH_MAX_LOG + 1];
    struct bench_text text;
};

/** Begins a line of a level (I, W or E); the caller adds the message to log->text. */
void bench_log_begin(struct bench_log *log, const struct bench *bench, char level, const char *tag);

/** Ends the line and sends it; a line that is too long is cut off. */
void bench_log_send(struct bench_log *log, const struct bench *bench);

/** A whole line of a fixed message. */
void bench_log_line(const struct bench *bench, char level, const char *tag, const char *message);

#endif
