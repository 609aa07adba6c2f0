#include "tl_json.h"

#include <string.h>

#include "tl_decimal.h"
#include "tl_error.h"

struct cursor {
    const char *at;
    const char *end;
};

struct member {
    struct tl_json_value key; /* with its quotes */
    struct tl_json_value value;
};

static bool skip_value(struct cursor *c, uint32_t depth);

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r')) c->at++;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_hex(char ch)
{
    return is_digit(ch) || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}

static bool skip_escape(struct cursor *c)
{
    if (c->at == c->end) return false;
    const char ch = *c->at++;
    if (ch != 'u') return ch != '\0' && strchr("\"\\/bfnrt", ch) != NULL;
    for (int i = 0; i < 4; i++) {
        if (c->at == c->end || !is_hex(*c->at)) return false;
        c->at++;
    }
    return true;
}

static bool skip_string(struct cursor *c)
{
    if (!take(c, '"')) return false;
    while (c->at < c->end) {
        const char ch = *c->at++;
        if (ch == '"') return true;
        if ((unsigned char)ch < 0x20) return false;
        if (ch == '\\' && !skip_escape(c)) return false;
    }
    return false;
}

static uint32_t skip_digits(struct cursor *c)
{
    const char *start = c->at;
    while (c->at < c->end && is_digit(*c->at)) c->at++;
    return (uint32_t)(c->at - start);
}

static bool skip_number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && skip_digits(c) == 0) return false;
    if (take(c, '.') && skip_digits(c) == 0) return false;
    if (!take(c, 'e') && !take(c, 'E')) return true;
    if (!take(c, '+')) take(c, '-');
    return skip_digits(c) > 0;
}

static bool skip_word(struct cursor *c, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
    c->at += length;
    return true;
}

static bool next_member(struct cursor *c, uint32_t depth, struct member *out)
{
    skip_space(c);
    out->key.text = c->at;
    if (!skip_string(c)) return false;
    out->key.length = (uint32_t)(c->at - out->key.text);
    skip_space(c);
    if (!take(c, ':')) return false;
    skip_space(c);
    out->value.text = c->at;
    if (!skip_value(c, depth)) return false;
    out->value.length = (uint32_t)(c->at - out->value.text);
    skip_space(c);
    return true;
}

static bool skip_object(struct cursor *c, uint32_t depth)
{
    if (!take(c, '{')) return false;
    skip_space(c);
    if (take(c, '}')) return true;
    struct member ignored;
    do {
        if (!next_member(c, depth + 1, &ignored)) return false;
    } while (take(c, ','));
    return take(c, '}');
}

static bool skip_array(struct cursor *c, uint32_t depth)
{
    if (!take(c, '[')) return false;
    skip_space(c);
    if (take(c, ']')) return true;
    do {
        skip_space(c);
        if (!skip_value(c, depth + 1)) return false;
        skip_space(c);
    } while (take(c, ','));
    return take(c, ']');
}

static bool skip_value(struct cursor *c, uint32_t depth)
{
    if (depth > TL_JSON_MAX_DEPTH || c->at == c->end) return false;
    switch (*c->at) {
    case '{': return skip_object(c, depth);
    case '[': return skip_array(c, depth);
    case '"': return skip_string(c);
    case 't': return skip_word(c, "true");
    case 'f': return skip_word(c, "false");
    case 'n': return skip_word(c, "null");
    default: return skip_number(c);
    }
}

static bool same(struct tl_json_value a, struct tl_json_value b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/** Whether `key` stands again in the rest of the object that the cursor is in. */
static bool stands_again(struct cursor c, struct tl_json_value key)
{
    struct member m;
    while (take(&c, ',')) {
        if (!next_member(&c, 1, &m)) return false;
        if (same(m.key, key)) return true;
    }
    return false;
}

int tl_json_check(const char *text, uint32_t length)
{
    struct cursor c = {text, text + length};
    skip_space(&c);
    struct cursor inside = c;
    if (!skip_object(&c, 0)) return TL_ERR_BAD_CONFIG;
    skip_space(&c);
    if (c.at != c.end) return TL_ERR_BAD_CONFIG;
    struct member m;
    take(&inside, '{');
    while (next_member(&inside, 1, &m)) {
        if (stands_again(inside, m.key)) return TL_ERR_BAD_CONFIG;
        if (!take(&inside, ',')) break;
    }
    return TL_OK;
}

struct tl_json_value tl_json_find(const char *text, uint32_t length, const char *key)
{
    const size_t key_length = strlen(key);
    struct tl_json_value absent = {NULL, 0};
    struct cursor c = {text, text + length};
    struct member m;
    skip_space(&c);
    take(&c, '{');
    while (next_member(&c, 1, &m)) {
        if (m.key.length == key_length + 2 && memcmp(m.key.text + 1, key, key_length) == 0) return m.value;
        if (!take(&c, ',')) break;
    }
    return absent;
}

static bool digits_to_uint(const char *text, uint32_t length, uint32_t *out)
{
    uint64_t total = 0;
    if (length == 0 || length > 10) return false;
    for (uint32_t i = 0; i < length; i++) {
        if (!is_digit(text[i])) return false;
        total = total * 10 + (uint64_t)(text[i] - '0');
    }
    if (total > UINT32_MAX) return false;
    *out = (uint32_t)total;
    return true;
}

bool tl_json_uint(struct tl_json_value value, uint32_t *out)
{
    return digits_to_uint(value.text, value.length, out);
}

bool tl_json_real(struct tl_json_value value, double *out)
{
    struct cursor c = {value.text, value.text + value.length};
    if (value.length == 0 || !skip_number(&c) || c.at != c.end) return false;
    return tl_decimal_to_double(value.text, value.length, out);
}

bool tl_json_bool(struct tl_json_value value, bool *out)
{
    *out = value.length == 4 && memcmp(value.text, "true", 4) == 0;
    return *out || (value.length == 5 && memcmp(value.text, "false", 5) == 0);
}

bool tl_json_is_string(struct tl_json_value value, const char *wanted)
{
    const size_t length = strlen(wanted);
    return value.length == length + 2 && value.text[0] == '"' && memcmp(value.text + 1, wanted, length) == 0;
}

bool tl_json_uint_list(struct tl_json_value value, uint32_t *out, uint32_t capacity, uint32_t *count)
{
    *count = 0;
    if (capacity == 0 || value.length == 0) return false;
    if (value.text[0] != '[') {
        *count = 1;
        return tl_json_uint(value, out);
    }
    struct cursor c = {value.text + 1, value.text + value.length};
    do {
        skip_space(&c);
        const char *start = c.at;
        const uint32_t length = skip_digits(&c);
        if (*count == capacity || !digits_to_uint(start, length, &out[*count])) return false;
        ++*count;
        skip_space(&c);
    } while (take(&c, ','));
    return take(&c, ']');
}

bool tl_json_items_over(struct tl_json_value value, struct tl_json_items *items)
{
    if (value.length < 2 || value.text[0] != '[') return false;
    *items = (struct tl_json_items){value.text + 1, value.text + value.length - 1};
    return true;
}

bool tl_json_items_next(struct tl_json_items *items, struct tl_json_value *item)
{
    struct cursor c = {items->at, items->end};
    skip_space(&c);
    item->text = c.at;
    if (!skip_value(&c, 1)) return false;
    item->length = (uint32_t)(c.at - item->text);
    skip_space(&c);
    take(&c, ',');
    items->at = c.at;
    return true;
}
