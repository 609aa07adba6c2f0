import { z } from 'zod';

/** `-` outside a session. */
export const nonce = z.string().regex(/^(?:-|[0-9a-z]{1,16})$/, 'not a nonce');
export const sequence = z.int().min(0);
export const count = z.int().min(0);
export const microseconds = z.int().min(0);
export const hash32 = z.string().regex(/^[0-9a-f]{8}$/, 'not 8 hex digits');
/** IEEE bits of a float32 that must be exact. */
export const floatBits = hash32;
