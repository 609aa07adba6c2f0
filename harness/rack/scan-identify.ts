import { UnexpectedChipIdError, UnexpectedChipMagicError } from 'esptool-js';
import { FlashSession, romBaudRate } from '../board/flash-session.js';
import { hardReset } from '../board/reset-lines.js';
import { InfraError, TokenrackError } from '../errors.js';
import { type OpenLink, openLink } from '../link/link.js';
import { servesVirtualBoard } from '../link/rfc2217-signature.js';

/** Who answered at a port. */
export interface FoundChip {
  readonly kind: 'board';
  readonly mac: string;
  /** major * 100 + minor. */
  readonly revision: number;
  readonly clock: OpenLink['clock'];
  /** Whether it has the lines that reset it: without them it can be seen in its loader, and not be used. */
  readonly hasLines: boolean;
}

/** Why a port gave no board: `code` for programs, `message` for people, starting with the port. */
export interface NoBoard {
  readonly kind: 'none';
  readonly code: 'permission' | 'busy' | 'missing' | 'unreachable' | 'no-answer' | 'other-chip' | 'failed';
  readonly message: string;
}

export interface IdentifyOptions {
  /** For the whole of it. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks the chip at a port, through its loader, who it is, and resets it into its app again. What goes wrong is the
 * answer. @throws what `signal` was aborted with; a bug
 */
export async function identifyPort(path: string, options: IdentifyOptions): Promise<FoundChip | NoBoard> {
  const { timeoutMs, signal } = options;
  signal?.throwIfAborted();
  try {
    await using link = await openLink(path, { baudRate: romBaudRate, linesOptional: true });
    const found = await askChip(link, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
    signal?.throwIfAborted();
    const clock = (await servesVirtualBoard(link)) ? 'modelled' : link.clock;
    return found.kind === 'board' ? { ...found, clock } : found;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InfraError) return noBoard(error);
    throw error;
  }
}

export async function askChip(link: OpenLink, options: IdentifyOptions): Promise<FoundChip | NoBoard> {
  const { path, stream, hasLines = true, clock } = link;
  const session = new FlashSession(stream, {
    baudRate: romBaudRate,
    useStub: false,
    compress: false,
    onLog: () => {},
  });
  try {
    return await bounded(session, path, options, async () => {
      const chip = await session.connect(hasLines ? 'default_reset' : 'no_reset');
      if (chip !== 'ESP32') return otherChip(path, `an ${chip}`);
      return { kind: 'board', ...(await session.identify()), clock, hasLines };
    });
  } catch (error) {
    const cause = session.rootOf(error);
    if (error instanceof UnexpectedChipIdError || error instanceof UnexpectedChipMagicError)
      return otherChip(path, 'a chip that is no ESP32');
    if (cause instanceof TokenrackError || !(cause instanceof Error)) throw cause;
    return silent(path, hasLines);
  } finally {
    await session.close();
    if (hasLines && stream.isOpen) await hardReset(stream).catch(() => {});
  }
}

/** Cuts the session off from the port when its time is over, or the user interrupts. */
async function bounded<T>(
  session: FlashSession,
  path: string,
  { timeoutMs, signal }: IdentifyOptions,
  work: () => Promise<T>,
): Promise<T> {
  let stop = (_reason: Error): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      session.abandon(reason);
      reject(reason);
    };
  });
  const timer = setTimeout(() => stop(tooLate(path, timeoutMs)), timeoutMs);
  const onAbort = (): void => stop(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const working = work();
  // After a stop, what esptool-js still throws says nothing new.
  for (const one of [working, stopped]) one.catch(() => {});
  try {
    return await Promise.race([working, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function tooLate(path: string, timeoutMs: number): InfraError {
  const message = `${path}: no loader answered within ${timeoutMs / 1000} s: check cable and power`;
  return new InfraError('no-loader', message, { path });
}

function silent(path: string, hasLines: boolean): NoBoard {
  const advice = hasLines
    ? 'check cable and power (feed 5 V), and that RTS drives EN and DTR drives IO0'
    : 'this port has no modem lines to reset a board with; hold IO0 low, reset it by hand, and scan again';
  return { kind: 'none', code: 'no-answer', message: `${path}: no loader answered: ${advice}` };
}

function otherChip(path: string, chip: string): NoBoard {
  return { kind: 'none', code: 'other-chip', message: `${path}: has ${chip}; only ESP32 is supported` };
}

const CODES: Readonly<Record<string, NoBoard['code']>> = {
  'port-no-permission': 'permission',
  'port-in-use': 'busy',
  'lease-busy': 'busy',
  'no-such-port': 'missing',
  'link-refused': 'unreachable',
  'link-timeout': 'unreachable',
  'link-lost': 'unreachable',
  'not-rfc2217': 'unreachable',
  'no-loader': 'no-answer',
};

/** The reason in an error of the link or the lease. */
export function noBoard({ code, message }: InfraError): NoBoard {
  return { kind: 'none', code: CODES[code] ?? 'failed', message };
}
