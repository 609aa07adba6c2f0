#ifndef NATIVE_SESSION_H
#define NATIVE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "bench_app.h"
#include "native_port.h"

/** The app on a native board, and a host that talks to it. */
struct session {
    struct native_port native;
    struct bench bench;
    uint32_t sequence;    /* of the latest command */
    uint32_t heard_from;  /* where in the output the latest command's answer begins */
};

/** Boots a board and says hello as "abc". */
void session_begin(struct session *s, const char *card, uint32_t heap_bytes, uint32_t psram_bytes);

/** Stops the app and checks that it gave back what it took. */
void session_end(struct session *s);

/** Sends a command with the next sequence number and its CRC, and serves it. */
void session_command(struct session *s, const char *command);

/** The same with a given sequence number. */
void session_command_as(struct session *s, uint32_t sequence, const char *command);

/** Sends raw text, and serves it. */
void session_raw(struct session *s, const char *text);

/** What the board said since the latest command was sent. Every machine line of it had a right CRC. */
const char *session_heard(const struct session *s);

bool session_said(const struct session *s, const char *text);

/** Whether there is an `err` with this code whose message contains `message`. */
bool session_refused(const struct session *s, const char *code, const char *message);

/** How often `text` stands in what was heard. */
uint32_t session_count(const struct session *s, const char *text);

/** CRC-32, bit by bit: the test's own. */
uint32_t session_crc(const void *data, uint32_t bytes);

#endif
