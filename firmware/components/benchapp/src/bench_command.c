#include "bench_command.h"

#include <stddef.h>
#include <string.h>

#include "tl_crc32.h"

#define CRC_DIGITS 8

static bool parse_hex(const char *word, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < CRC_DIGITS; i++) {
        const char c = word[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f') digit = (uint32_t)(c - 'a') + 10;
        else return false;
        value = value << 4 | digit;
    }
    *out = value;
    return word[CRC_DIGITS] == '\0';
}

/** Cuts ` *CRC` off the end. False when the last word begins with a star and is not the right CRC. */
static bool take_crc(char *text, bool *present, uint32_t *crc)
{
    char *last = strrchr(text, ' ');
    uint32_t said;
    *present = last && last[1] == '*';
    if (*present) *last = '\0';
    *crc = tl_crc32(0, text, (uint32_t)strlen(text));
    return !*present || (parse_hex(last + 2, &said) && said == *crc);
}

bool bench_parse_uint(const char *word, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;
    if (*word == '\0') return false;
    for (; *word; word++) {
        if (*word < '0' || *word > '9') return false;
        value = value * 10 + (uint64_t)(*word - '0');
        if (value > max) return false;
    }
    *out = (uint32_t)value;
    return true;
}

const char *bench_command_word(struct bench_command *command)
{
    char *at = command->rest;
    while (*at == ' ') at++;
    if (*at == '\0') return NULL;
    const char *word = at;
    while (*at != '\0' && *at != ' ') at++;
    if (*at == ' ') *at++ = '\0';
    command->rest = at;
    return word;
}

const char *bench_command_parse(char *text, struct bench_command *command)
{
    bool has_crc;
    *command = (struct bench_command){.rest = text};
    if (!take_crc(text, &has_crc, &command->crc)) return "crc";
    const char *word = bench_command_word(command);
    if (word && word[0] == '#') {
        if (!has_crc) return "crc_missing";
        if (!bench_parse_uint(word + 1, INT32_MAX, &command->sequence) || command->sequence == 0) return "bad_arg";
        word = bench_command_word(command);
    }
    command->verb = word ? word : "";
    return NULL;
}
