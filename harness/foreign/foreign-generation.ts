import type { LogEvent } from '../board/log-event.js';
import { LogParser } from '../board/log-parser.js';
import type { ForeignFirmware } from './foreign-schema.js';
import { compileLog, GenerationReader, type ReadGeneration } from './generation-reader.js';
import { isRateOf } from './printed-speed.js';

/** Where in a capture a generation was asked for, in bytes of `uart.bin`. */
export interface ForeignCall {
  readonly offset: number;
}

/** The generation of each call, read out of a capture's bytes. Pure. */
export function readGenerations(
  firmware: ForeignFirmware,
  capture: Uint8Array,
  calls: readonly ForeignCall[],
): ReadGeneration[] {
  const parser = new LogParser();
  return generationsOf(firmware, [...parser.push(capture), ...parser.end()], calls);
}

/**
 * The generation of each call, out of a capture's events: each from its own offset to the next call's. Pure.
 * @param calls in the order of their offsets.
 */
export function generationsOf(
  firmware: ForeignFirmware,
  events: readonly LogEvent[],
  calls: readonly ForeignCall[],
): ReadGeneration[] {
  const log = compileLog(firmware);
  const readyBefore = firmware.prompt.at_boot === undefined;
  const readers = calls.map(() => new GenerationReader(log, readyBefore));
  for (const event of events) {
    const index = calls.findLastIndex((call) => call.offset <= event.offset);
    readers[index]?.push(event);
  }
  return readers.map((reader) => reader.result());
}

/** How many tokens a generation made: as printed, else as listed. */
export function tokenCount({ speed, ids, tokenLines }: ReadGeneration): number | undefined {
  return speed.tokens ?? ids?.length ?? (tokenLines > 0 ? tokenLines : undefined);
}

/**
 * Where a log contradicts itself, for people. It has no checksums: lost bytes and a firmware that counts wrongly look
 * the same, so nothing of such a generation is to be trusted.
 */
export function contradictions(
  firmware: ForeignFirmware,
  { speed, ids, promptTokens }: ReadGeneration,
  sentTokens: number | undefined,
): string[] {
  const found: string[] = [];
  const { tokens, timeUs, rate } = speed;
  if (tokens !== undefined && ids !== undefined && tokens !== ids.length) {
    found.push(`says ${tokens} tokens, lists ${ids.length}`);
  }
  if (promptTokens !== undefined && sentTokens !== undefined && promptTokens !== sentTokens) {
    found.push(`says a prompt of ${promptTokens} tokens, ${sentTokens} were sent`);
  }
  if (tokens !== undefined && timeUs !== undefined && rate !== undefined) {
    const counted = firmware.log.rate_counts === 'all' ? tokens : tokens - 1;
    if (!isRateOf(rate, counted, timeUs)) {
      found.push(`says ${rate.value} tokens/s, ${counted} tokens in ${timeUs.value / 1000} ms are not that`);
    }
  }
  return found;
}
