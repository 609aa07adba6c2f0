#include "native_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"

uint32_t session_crc(const void *data, uint32_t bytes)
{
    const unsigned char *byte = data;
    uint32_t crc = 0xffffffffu;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= byte[i];
        for (int b = 0; b < 8; b++) crc = (crc >> 1) ^ (crc & 1u ? 0xedb88320u : 0u);
    }
    return ~crc;
}

static void check_line(const char *line, uint32_t length)
{
    char expected[16];
    if (length == 0 || line[0] != '@') return;
    AT_MOST(length, 480);
    if (!CHECK(length > 11 && line[length - 9] == '*' && line[length - 10] == '}')) return;
    snprintf(expected, sizeof expected, "%08x", session_crc(line + 1, length - 10));
    if (!CHECK(memcmp(line + length - 8, expected, 8) == 0)) printf("%.*s\n", (int)length, line);
}

static void check_lines(const char *text)
{
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) check_line(text, (uint32_t)(end - text));
    EQUAL(strlen(text), 0);
}

void session_raw(struct session *s, const char *text)
{
    s->heard_from = s->native.output_length;
    native_say(&s->native, text);
    bench_serve(&s->bench);
    check_lines(session_heard(s));
}

void session_command_as(struct session *s, uint32_t sequence, const char *command)
{
    char body[200], line[256];
    snprintf(body, sizeof body, "#%u %s", sequence, command);
    snprintf(line, sizeof line, "%s *%08x\n", body, session_crc(body, (uint32_t)strlen(body)));
    session_raw(s, line);
}

void session_command(struct session *s, const char *command)
{
    session_command_as(s, ++s->sequence, command);
}

void session_begin(struct session *s, const char *card, uint32_t heap_bytes, uint32_t psram_bytes)
{
    native_port_init(&s->native, card, heap_bytes, psram_bytes);
    s->sequence = 0;
    s->heard_from = 0;
    bench_start(&s->bench, &s->native.port);
    check_lines(s->native.output);
    session_command(s, "hello abc");
}

void session_end(struct session *s)
{
    bench_stop(&s->bench);
    EQUAL(s->native.open_files, 0);
    EQUAL(s->native.arena[BENCH_HEAP].used, 0);
    EQUAL(s->native.arena[BENCH_PSRAM].used, 0);
    native_port_free(&s->native);
}

const char *session_heard(const struct session *s)
{
    return s->native.output + s->heard_from;
}

bool session_said(const struct session *s, const char *text)
{
    return strstr(session_heard(s), text) != NULL;
}

uint32_t session_count(const struct session *s, const char *text)
{
    uint32_t count = 0;
    for (const char *at = session_heard(s); (at = strstr(at, text)) != NULL; at++) count++;
    return count;
}

bool session_refused(const struct session *s, const char *code, const char *message)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"code\":\"%s\",\"msg\":\"", code);
    const char *at = strstr(session_heard(s), wanted);
    if (!CHECK(at != NULL)) return false;
    const char *found = strstr(at, message);
    const char *end = strchr(at, '\n');
    return CHECK(found != NULL && found < end);
}
