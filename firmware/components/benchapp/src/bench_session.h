#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "bench_app.h"
#include "bench_command.h"

/** Outside a session, nothing acknowledged. */
void bench_session_reset(struct bench *bench);

/** `hello NONCE` */
void bench_command_hello(struct bench *bench, struct bench_command *command);

/** `bye` */
void bench_command_bye(struct bench *bench, struct bench_command *command);

/** `baud RATE` */
void bench_command_baud(struct bench *bench, struct bench_command *command);

/** The rest of a `baud` that came again: the board may have fallen back since. */
void bench_baud_again(struct bench *bench, struct bench_command *command);

/** Back to BENCH_BAUD when nothing valid came in time. Returns the microseconds left until then, negative: no limit. */
int64_t bench_baud_check(struct bench *bench);

/** A valid line came: the rate is good. */
void bench_baud_confirm(struct bench *bench);

#endif
