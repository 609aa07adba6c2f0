#include "bench_options.h"

#include <stddef.h>
#include <string.h>

#include "bench_answer.h"

static bool is_key(const char *word, const char *key)
{
    const size_t length = strlen(key);
    return strncmp(word, key, length) == 0 && word[length] == '=';
}

static bool read_known(const char *word, const struct bench_option *option)
{
    uint32_t value;
    if (!bench_parse_uint(word + strlen(option->key) + 1, option->max, &value) || value < option->min) return false;
    *option->value = value;
    return true;
}

/** NULL, or the error code. */
static const char *read_word(const char *word, const struct bench_option *known, uint32_t count,
                             enum bench_logits *logits)
{
    if (!strchr(word, '=')) return "bad_arg";
    if (logits && is_key(word, "logits")) return bench_parse_logits(word + strlen("logits="), logits) ? NULL : "bad_value";
    for (uint32_t i = 0; i < count; i++) {
        if (is_key(word, known[i].key)) return read_known(word, &known[i]) ? NULL : "bad_value";
    }
    return "bad_key";
}

bool bench_options_read(struct bench *bench, struct bench_command *command, const struct bench_option *known,
                        uint32_t count, enum bench_logits *logits)
{
    const char *word;
    while ((word = bench_command_word(command)) != NULL) {
        const char *code = read_word(word, known, count, logits);
        if (!code) continue;
        bench_refuse_word(bench, command->sequence, code, "cannot take the option ", word);
        return false;
    }
    return true;
}
