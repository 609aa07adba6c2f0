#include "bench_switch_list.h"

#include <string.h>

#include "tl_crc32.h"

#define CRC_DIGITS 8u
#define LAST_LINE_BYTES (CRC_DIGITS + 2u) /* `=`, digits, line end */

static bool parse_hex(const char *digits, uint32_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < CRC_DIGITS; i++) {
        const char *digit = strchr("0123456789abcdef", digits[i]);
        if (digits[i] == '\0' || !digit) return false;
        *value = *value << 4 | (uint32_t)(digit - "0123456789abcdef");
    }
    return true;
}

/** Up to ten digits; returns how many. */
static uint32_t parse_decimal(const char *digits, uint32_t *value)
{
    uint64_t sum = 0;
    uint32_t count = 0;
    for (; count < 10 && digits[count] >= '0' && digits[count] <= '9'; count++) {
        sum = sum * 10 + (uint64_t)(digits[count] - '0');
    }
    *value = (uint32_t)sum;
    return sum <= UINT32_MAX ? count : 0;
}

/** Returns the bytes of the line with its end, 0 when it is none. */
static uint32_t parse_line(const char *line, uint32_t length, struct bench_switch_item *item)
{
    const char *end = memchr(line, '\n', length);
    if (!end || end - line < (long)CRC_DIGITS + 4 || !parse_hex(line, &item->crc) || line[CRC_DIGITS] != ' ') return 0;
    const uint32_t digits = parse_decimal(line + CRC_DIGITS + 1, &item->bytes);
    const char *name = line + CRC_DIGITS + 1 + digits;
    if (digits == 0 || *name++ != ' ') return 0;
    const long name_length = end - name;
    if (name_length < 1 || name_length >= (long)sizeof item->name) return 0;
    memcpy(item->name, name, (size_t)name_length);
    item->name[name_length] = '\0';
    if (strpbrk(item->name, " /\\:") || strstr(item->name, "..")) return 0;
    return (uint32_t)(end + 1 - line);
}

bool bench_switch_list_check(struct bench_switch_list *list, uint32_t bytes)
{
    struct bench_switch_item item;
    uint32_t said;
    if (bytes <= LAST_LINE_BYTES || bytes >= sizeof list->text) return false;
    list->text[bytes] = '\0';
    list->end = bytes - LAST_LINE_BYTES;
    const char *last = list->text + list->end;
    if (last[0] != '=' || !parse_hex(last + 1, &said) || last[LAST_LINE_BYTES - 1] != '\n') return false;
    if (said != tl_crc32(0, list->text, list->end)) return false;
    for (uint32_t at = 0; at < list->end;) {
        const uint32_t length = parse_line(list->text + at, list->end - at, &item);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

void bench_switch_list_rewind(struct bench_switch_list *list)
{
    list->at = 0;
}

bool bench_switch_list_next(struct bench_switch_list *list, struct bench_switch_item *item)
{
    if (list->at >= list->end) return false;
    const uint32_t length = parse_line(list->text + list->at, list->end - list->at, item);
    list->at += length;
    return length > 0;
}
