import { createHash } from 'node:crypto';
import type { LoaderState } from './state.js';

/** MD5 of a region of flash, 32 lower-case hex digits; takes its modelled time. */
export function md5Hex({ flash, advanceUs }: LoaderState, offset: number, bytes: number): string {
  advanceUs(bytes * flash.times.md5UsPerByte);
  return createHash('md5').update(flash.read(offset, bytes)).digest('hex');
}
