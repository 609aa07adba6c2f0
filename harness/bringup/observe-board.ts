import type { SerialPortStream } from '@serialport/stream';
import type { ProbeConsole } from '../board/probe-console.js';
import type { PatternTap } from '../board/uart-probe.js';
import type { Observations } from './bringup-record.js';
import { type CardFile, measureCard } from './measure-card.js';
import { kernelShapes, measureKernels } from './measure-kernels.js';
import { measureUart, measureUartDriver } from './measure-uart.js';

export type BringupStep = 'wiring' | 'chip' | 'uart' | 'card' | 'compute' | 'fit' | 'demo';

/** What happens during a bring-up, for whoever shows it. */
export type BringupEvent =
  | { readonly type: 'step'; readonly step: BringupStep; readonly text: string }
  | { readonly type: 'note'; readonly text: string };

export type BringupListener = (event: BringupEvent) => void;

export interface ObservedBoard {
  /** In a session, at 115200 baud. */
  readonly console: ProbeConsole;
  readonly stream: SerialPortStream;
  /** The console's tap. */
  readonly tap: PatternTap;
  readonly cardFile: CardFile;
  readonly onEvent: BringupListener;
}

/** How often each time is taken; the median counts. */
const rounds = 3;

/** 4 KB each way a round: 64 KB a rate show 1 error in 20,000 bytes, and take 12 s at 115200 baud. */
const uartRounds = 16;

/**
 * Measures all that the probes of firmware/PROTOCOL.md can tell. What the board refuses (no card, too little memory)
 * is in `missing`.
 * @throws BoardError when the board or the link fails
 */
export async function observeBoard(board: ObservedBoard): Promise<Observations> {
  const { console, onEvent, cardFile } = board;
  const { mem } = await console.info();
  const driver = await measureUartDriver(console);
  const uart = await observeUart(board);
  onEvent({
    type: 'step',
    step: 'card',
    text: `card: reads of ${cardFile.folder}/${cardFile.name} in blocks of 512 bytes to 64 KB`,
  });
  const card = await measureCard(console, cardFile, rounds);
  onEvent({ type: 'step', step: 'compute', text: 'compute and memory: each kernel over several sizes' });
  const kernels = await measureKernels(console, kernelShapes(), rounds);
  const missing = [...card.missing, ...kernels.missing];
  for (const { what, why } of missing) onEvent({ type: 'note', text: `not measured: ${what} (${why})` });
  return {
    ...driver,
    ...uart,
    ...card,
    kernels: kernels.kernels,
    missing,
    heap_bytes: mem.heap,
    psram_bytes: mem.psram,
  };
}

function observeUart({ console, stream, tap, onEvent }: ObservedBoard) {
  onEvent({ type: 'step', step: 'uart', text: 'UART: a pattern both ways at each rate' });
  return measureUart({ console, stream, tap, rounds: uartRounds });
}
