#ifndef TL_JSON_H
#define TL_JSON_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A bounded reader for one JSON object, as far as the card's files need it. It allocates nothing, copies nothing,
 * and nests at most TL_JSON_MAX_DEPTH deep. Keys with escape sequences never match a wanted key.
 */

#define TL_JSON_MAX_DEPTH 8

/** A slice of the text: a whole value, from its first to its last character. */
struct tl_json_value {
    const char *text;
    uint32_t length; /* 0: the key is not there */
};

/** TL_OK when the text is exactly one well-formed object in which no top-level key stands twice, else TL_ERR_BAD_CONFIG. */
int tl_json_check(const char *text, uint32_t length);

/** The value of a top-level key; length 0 when it is absent. Only for text that passed tl_json_check(). */
struct tl_json_value tl_json_find(const char *text, uint32_t length, const char *key);

/** An integer written in digits alone, 0 .. 2^32-1. False for any other value. */
bool tl_json_uint(struct tl_json_value value, uint32_t *out);

/**
 * A number, rounded to the nearest binary64 (ties to even). False for any other value, for more than 19 significant
 * digits, and for magnitudes far outside 1e-45 .. 1e45.
 */
bool tl_json_real(struct tl_json_value value, double *out);

bool tl_json_bool(struct tl_json_value value, bool *out);

/** Whether the value is exactly this string; `wanted` has no character that JSON would escape. */
bool tl_json_is_string(struct tl_json_value value, const char *wanted);

/** An integer, or an array of 1 .. capacity integers. False for any other value. */
bool tl_json_uint_list(struct tl_json_value value, uint32_t *out, uint32_t capacity, uint32_t *count);

/** The items of an array, one after the other. */
struct tl_json_items {
    const char *at;
    const char *end;
};

/** False when the value, of text that passed tl_json_check(), is no array. */
bool tl_json_items_over(struct tl_json_value value, struct tl_json_items *items);

/** The next item; false after the last one. */
bool tl_json_items_next(struct tl_json_items *items, struct tl_json_value *item);

#endif
