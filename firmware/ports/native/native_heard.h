#ifndef NATIVE_HEARD_H
#define NATIVE_HEARD_H

#include "native_session.h"

/* Records of what a session heard last: the `index`th (from 0) of a kind, such as `tok`. */

/** Whether there is such a record and it has the key. */
bool heard_has(const struct session *s, const char *kind, uint32_t index, const char *key);

/** Its number, or the first number of its array; UINT32_MAX when there is none. */
uint32_t heard_uint(const struct session *s, const char *kind, uint32_t index, const char *key);

/** Its string of 8 characters; empty when there is none. */
void heard_text(const struct session *s, const char *kind, uint32_t index, const char *key, char out[9]);

/** How many elements its array has. */
uint32_t heard_count(const struct session *s, const char *kind, uint32_t index, const char *key);

/** Joins the `logits` records with `"i":i` in order; returns how many floats, at most `capacity`. */
uint32_t heard_logits(const struct session *s, uint32_t i, float *out, uint32_t capacity);

#endif
