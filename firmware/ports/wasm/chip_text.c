#include "chip_text.h"

#include <string.h>

struct pair {
    const char *key;
    size_t key_length;
    const char *value;
    size_t value_length;
};

/** The next `key=value`, or NULL behind the last; otherwise where to go on. */
static const char *next_pair(const char *text, struct pair *pair)
{
    while (*text == ' ') text++;
    const size_t length = strcspn(text, " ");
    const char *equals = memchr(text, '=', length);
    if (length == 0) return NULL;
    pair->key = text;
    pair->key_length = equals ? (size_t)(equals - text) : length;
    pair->value = equals ? equals + 1 : text + length;
    pair->value_length = (size_t)(text + length - pair->value);
    return text + length;
}

static int is(const struct pair *pair, const char *key)
{
    return strlen(key) == pair->key_length && memcmp(key, pair->key, pair->key_length) == 0;
}

static void copy(char *target, size_t capacity, const struct pair *pair)
{
    const size_t length = pair->value_length < capacity ? pair->value_length : capacity - 1;
    memcpy(target, pair->value, length);
    target[length] = '\0';
}

static uint32_t number(const struct pair *pair)
{
    uint32_t value = 0;
    for (size_t i = 0; i < pair->value_length; i++) value = value * 10 + (uint32_t)(pair->value[i] - '0');
    return value;
}

void chip_text_parse(const char *text, struct bench_chip *chip)
{
    struct pair pair;
    memset(chip, 0, sizeof *chip);
    chip->model = "ESP32";
    chip->cores = 2;
    while ((text = next_pair(text, &pair)) != NULL) {
        if (is(&pair, "rev")) chip->revision = number(&pair);
        if (is(&pair, "mac")) copy(chip->mac, sizeof chip->mac, &pair);
        if (is(&pair, "reset")) copy(chip->reset, sizeof chip->reset, &pair);
        if (is(&pair, "elf")) copy(chip->elf, sizeof chip->elf, &pair);
        if (is(&pair, "build")) copy(chip->build, sizeof chip->build, &pair);
        if (is(&pair, "idf")) copy(chip->idf, sizeof chip->idf, &pair);
    }
}
