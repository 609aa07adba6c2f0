#include "bench_text.h"

struct bench_text bench_text_over(char *buffer, uint32_t capacity)
{
    buffer[0] = '\0';
    return (struct bench_text){buffer, capacity, 0, false};
}

void bench_text_char(struct bench_text *text, char c)
{
    if (text->length + 1 >= text->capacity) {
        text->overflow = true;
        return;
    }
    text->bytes[text->length++] = c;
    text->bytes[text->length] = '\0';
}

void bench_text_add(struct bench_text *text, const char *string)
{
    for (; *string; string++) bench_text_char(text, *string);
}

void bench_text_uint(struct bench_text *text, uint64_t value)
{
    char digits[20];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) bench_text_char(text, digits[--count]);
}

void bench_text_hex(struct bench_text *text, uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4) bench_text_char(text, "0123456789abcdef"[(value >> shift) & 15u]);
}

void bench_text_hundredths(struct bench_text *text, uint64_t hundredths)
{
    bench_text_uint(text, hundredths / 100);
    bench_text_char(text, '.');
    bench_text_char(text, (char)('0' + hundredths / 10 % 10));
    bench_text_char(text, (char)('0' + hundredths % 10));
}

void bench_text_tame(struct bench_text *text, const char *string)
{
    for (; *string; string++) {
        const char c = *string;
        if (c == '"') bench_text_char(text, '\'');
        else if (c == '\\') bench_text_char(text, '/');
        else bench_text_char(text, c >= ' ' && c <= '~' ? c : '?');
    }
}

void bench_text_base64(struct bench_text *text, const void *data, uint32_t bytes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = data;
    for (uint32_t i = 0; i < bytes; i += 3) {
        const uint32_t left = bytes - i;
        const uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0u);
        bench_text_char(text, alphabet[group >> 18]);
        bench_text_char(text, alphabet[(group >> 12) & 63u]);
        bench_text_char(text, left > 1 ? alphabet[(group >> 6) & 63u] : '=');
        bench_text_char(text, left > 2 ? alphabet[group & 63u] : '=');
    }
}
