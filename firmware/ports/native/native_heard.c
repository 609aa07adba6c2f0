#include "native_heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The record, from its brace on, or NULL. */
static const char *record(const struct session *s, const char *kind, uint32_t index)
{
    char mark[40];
    snprintf(mark, sizeof mark, "{\"r\":\"%s\",", kind);
    const char *at = strstr(session_heard(s), mark);
    for (; at && index > 0; index--) at = strstr(at + 1, mark);
    return at;
}

/** What follows the key's colon within the record, or NULL. */
static const char *value(const struct session *s, const char *kind, uint32_t index, const char *key)
{
    char mark[40];
    snprintf(mark, sizeof mark, "\"%s\":", key);
    const char *from = record(s, kind, index);
    const char *at = from ? strstr(from, mark) : NULL;
    return at && at < strchr(from, '\n') ? at + strlen(mark) : NULL;
}

bool heard_has(const struct session *s, const char *kind, uint32_t index, const char *key)
{
    return value(s, kind, index, key) != NULL;
}

uint32_t heard_uint(const struct session *s, const char *kind, uint32_t index, const char *key)
{
    const char *at = value(s, kind, index, key);
    return at ? (uint32_t)strtoul(*at == '[' ? at + 1 : at, NULL, 10) : UINT32_MAX;
}

void heard_text(const struct session *s, const char *kind, uint32_t index, const char *key, char out[9])
{
    const char *at = value(s, kind, index, key);
    snprintf(out, 9, "%s", at ? at + 1 : "");
}

uint32_t heard_count(const struct session *s, const char *kind, uint32_t index, const char *key)
{
    const char *at = value(s, kind, index, key);
    uint32_t count = at ? 1 : 0;
    for (; at && *at != ']'; at++) count += *at == ',';
    return count;
}

static uint32_t digit(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at ? (uint32_t)(at - alphabet) : 0;
}

/** Decodes base64 up to its quote; returns how many bytes. */
static uint32_t decode(const char *at, unsigned char *out, uint32_t capacity)
{
    uint32_t count = 0;
    for (; *at != '"'; at += 4) {
        const uint32_t group = digit(at[0]) << 18 | digit(at[1]) << 12 | digit(at[2]) << 6 | digit(at[3]);
        for (uint32_t byte = 0; byte < 3; byte++) {
            if ((byte == 0 || at[byte + 1] != '=') && count < capacity) out[count++] = (unsigned char)(group >> (16 - 8 * byte));
        }
    }
    return count;
}

uint32_t heard_logits(const struct session *s, uint32_t i, float *out, uint32_t capacity)
{
    uint32_t bytes = 0;
    for (uint32_t index = 0; record(s, "logits", index); index++) {
        if (heard_uint(s, "logits", index, "i") != i || heard_uint(s, "logits", index, "o") * 4 != bytes) continue;
        bytes += decode(value(s, "logits", index, "d") + 1, (unsigned char *)out + bytes, capacity * 4 - bytes);
    }
    return bytes / 4;
}
