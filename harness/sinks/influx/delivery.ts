import { InfraError } from '../../errors.js';
import type { LineWriter, WriteAnswer } from './client.js';
import { toLine } from './line-protocol.js';
import type { Quarantine } from './spool-quarantine.js';

/** What a delivery may call upon. */
export interface DeliveryContext {
  readonly writer: LineWriter;
  /** How long the server may take for one request. */
  readonly requestTimeoutMs: number;
  /** Keeps a refused line; resolves when it will last. */
  readonly quarantine: (line: string, message: string) => Promise<void>;
  readonly onWritten: (lines: number) => void;
}

/** A line that the server took a moment ago: sent again it changes nothing, and shows that it still takes lines. */
export interface Evidence {
  good: string;
}

/**
 * Brings the lines to the server, or those that it refuses for their own sake into quarantine. When this says that all
 * is well, every line is in one place or the other; else it says what the server said, and any of the lines may be there
 * already: all of them are to be sent again, which changes nothing.
 *
 * A batch that is refused, or too large, is halved until single lines are left. A refusal means the line only if the
 * server takes a good line right after, and refuses this one again: many refusals concern the whole request (an unknown
 * precision, a limit that is reached, a proxy's own opinion), and then nothing is a line's fault.
 * @returns what is wrong with the server; undefined when all lines are dealt with
 */
export async function deliver(
  lines: readonly string[],
  evidence: Evidence,
  context: DeliveryContext,
): Promise<string | undefined> {
  const answer = await send(lines, context);
  if (answer.kind === 'written') {
    evidence.good = lines.at(-1)!;
    context.onWritten(lines.length);
    return undefined;
  }
  if (answer.kind === 'unavailable') return answer.message;
  if (lines.length > 1) return deliverHalves(lines, evidence, context);
  if (answer.kind === 'too-large') return `it finds a single point too large: ${answer.message}`;
  return convict(lines[0]!, evidence, context);
}

async function deliverHalves(
  lines: readonly string[],
  evidence: Evidence,
  context: DeliveryContext,
): Promise<string | undefined> {
  const middle = Math.ceil(lines.length / 2);
  return (
    (await deliver(lines.slice(0, middle), evidence, context)) ??
    (await deliver(lines.slice(middle), evidence, context))
  );
}

async function convict(
  line: string,
  evidence: Evidence,
  context: DeliveryContext,
): Promise<string | undefined> {
  const good = await send([evidence.good], context);
  if (good.kind !== 'written') return `it refuses a good point too: ${good.message}`;
  const again = await send([line], context);
  if (again.kind === 'refused') await context.quarantine(line, again.message);
  else if (again.kind !== 'written') return again.message;
  else context.onWritten(1);
  return undefined;
}

function send(lines: readonly string[], { writer, requestTimeoutMs }: DeliveryContext): Promise<WriteAnswer> {
  return writer.write(lines, requestTimeoutMs);
}

const DIRECT_TIMEOUT_MS = 30_000;

/**
 * Lines to the server without the spool, for whoever keeps them elsewhere.
 * @param unspooled why they are not in the spool
 * @throws InfraError `undelivered` with both reasons, when the server does not take them
 */
export async function deliverDirectly(
  lines: readonly string[],
  writer: LineWriter,
  quarantine: Quarantine,
  unspooled: InfraError,
): Promise<void> {
  const context: DeliveryContext = {
    writer,
    requestTimeoutMs: DIRECT_TIMEOUT_MS,
    quarantine: (line, message) => quarantine.add(line, message, new Date()),
    onWritten: () => {},
  };
  const trouble = await deliver(lines, firstEvidence(Date.now()), context);
  if (trouble === undefined) return;
  throw new InfraError('undelivered', `${unspooled.message}; and the server takes no points: ${trouble}`, {
    cause: unspooled,
  });
}

const HOUR_NS = 3_600_000_000_000n;

/**
 * Evidence before there is any: a point of the measurement `probe`, the same for a whole hour, and young enough for any
 * retention policy (the shortest is an hour).
 */
export function firstEvidence(nowMs: number): Evidence {
  const nowNs = BigInt(Math.floor(nowMs)) * 1_000_000n;
  const hour = nowNs - (nowNs % HOUR_NS);
  return { good: toLine({ measurement: 'probe', tags: {}, fields: { ok: 1n }, timestampNs: hour }) };
}
