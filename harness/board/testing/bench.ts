import type { SerialPortStream } from '@serialport/stream';
import { BoardError } from '../board-error.js';
import { BoardConsole } from '../console.js';
import type { ConsoleOptions } from '../console-options.js';
import type { LogEvent } from '../log-event.js';
import { FakeTimers } from './fake-timers.js';
import { type Answer, type HeardCommand, ScriptedBoard } from './scripted-board.js';
import { openScriptedPort, type ScriptedPort, settle } from './scripted-port.js';

export interface Bench {
  readonly console: BoardConsole;
  readonly board: ScriptedBoard;
  readonly device: ScriptedPort;
  readonly stream: SerialPortStream;
  readonly timers: FakeTimers;
  readonly events: LogEvent[];
}

/** A console on a scripted board, with a clock that stands still. `script` adds to or replaces {@link defaultScript}. */
export async function makeBench(
  script: (command: HeardCommand) => readonly Answer[] | undefined = () => undefined,
  options: ConsoleOptions = {},
): Promise<Bench> {
  const { stream, device } = await openScriptedPort();
  const timers = new FakeTimers();
  const events: LogEvent[] = [];
  const board = new ScriptedBoard(device, (command) => script(command) ?? defaultScript(command));
  const onEvent = (event: LogEvent) => events.push(event);
  const console = new BoardConsole(stream, { board: 'cam-1', timers, onEvent, nonce: '5f3a9c', ...options });
  return { console, board, device, stream, timers, events };
}

/** What a board answers when all is well. */
export function defaultScript({ words }: HeardCommand): readonly Answer[] {
  switch (words[0]) {
    case 'hello':
      return [{ r: 'ack', proto: 1 }];
    case 'info':
      return [{ r: 'ack' }, infoAnswer, memAnswer];
    case 'load':
      return [{ r: 'ack', us: 250_000, reads: 5, seeks: 5, bytes: 2304 }];
    case 'set':
      return words.length === 1
        ? [{ r: 'ack' }, ...knobAnswers]
        : [{ r: 'ack', key: words[1], value: Number(words[2]) }];
    case 'prompt':
      return [{ r: 'ack', count: Number(words[1]) + words.length - 2 }];
    case 'generate':
      return generationAnswers(2);
    default:
      return [{ r: 'ack' }];
  }
}

export const infoAnswer: Answer = {
  r: 'info',
  proto: 1,
  chip: 'ESP32',
  rev: 301,
  cores: 2,
  mac: '24:6f:28:00:00:01',
  idf: 'v5.4',
  build: 'test',
  elf: '0123456789abcdef',
  reset: 'poweron',
  us: 300_000,
  card: 1,
  folder: '',
};

export const memAnswer: Answer = {
  r: 'mem',
  psram: 4_194_304,
  psram_free: 4_000_000,
  psram_peak: 194_304,
  heap: 300_000,
  heap_free: 250_000,
  heap_peak: 60_000,
  stack_free: 3000,
};

export const placeAnswer: Answer = {
  r: 'place',
  strategy: 'fast',
  batch: 8,
  chunk_bytes: 16_384,
  bounce_bytes: 32_768,
  list_bytes: 12_000,
  head: 'card',
  head_bytes: 0,
  screen: 'certain',
  screen_bytes: 3_000_000,
  layers: 'flash',
  layer_bytes: 1_000_000,
  embed: 'card',
  table_bytes: 0,
  resident_bytes: 3_000_000,
};

const knobAnswers: readonly Answer[] = [
  { r: 'knob', key: 'context', value: 256, default: 256, min: 1, max: 256 },
  { r: 'knob', key: 'head_rows', value: 256, default: 256, min: 1, max: 512 },
];

export function tokAnswer(i: number, more: object = {}): Answer {
  return { r: 'tok', i, id: 100 + i, us: 1000 * (i + 1), lp: 'bb83126f', crc: '1c291ca3', ...more };
}

/** The answer to a `generate` of so many tokens; `between` stands before each token's record. */
export function generationAnswers(
  tokens: number,
  between: (i: number) => readonly Answer[] = () => [],
): Answer[] {
  const made = Array.from({ length: tokens }, (_, i) => [...between(i), tokAnswer(i)]).flat();
  return [{ r: 'ack' }, ...made, ...runEnd(tokens)];
}

/** The records that end a run. */
export function runEnd(tokens: number): Answer[] {
  const phase = { r: 'phase', forwards: 1, us: 10, reads: 4, seeks: 4, bytes: 400, card_us: 5 };
  return [
    { r: 'stage', embed: 1, attention: 2, mlp: 3, head: 4, sample: 5 },
    { ...phase, name: 'prefill' },
    { ...phase, name: 'decode' },
    {
      r: 'done',
      prompt: 5,
      tokens,
      stop: 'max',
      first_us: 1000,
      last_us: 1000 * tokens,
      ttft_us: 1100,
      psram_peak: 1,
      psram_peak_run: 1,
      heap_peak: 1,
      heap_peak_run: 1,
      stack_free: 1,
      tokens_crc: '00000000',
      logits_crc: '00000000',
    },
  ];
}

/** The error that a wait ends with. */
export async function failureOf(wait: Promise<unknown>): Promise<BoardError> {
  try {
    await wait;
  } catch (error) {
    if (error instanceof BoardError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** Lets `ms` pass in steps, with everything that is ready run in between. */
export async function pass(timers: FakeTimers, ms: number, steps = 1): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await settle();
    timers.advance(ms / steps);
  }
  await settle();
}
