import type { ProbeConsole } from '../board/probe-console.js';
import type { ProbeRecord } from '../board/records.js';
import { refusalText, retrying } from '../board/retrying.js';
import { median } from '../stats/median.js';
import type { CardSample, Observations } from './bringup-record.js';

/** A file on the card that is long enough to be read in blocks. */
export interface CardFile {
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
}

export type CardShape = Pick<CardSample, 'memory' | 'block' | 'pattern' | 'bounce'>;

/** Bytes of one pass; small blocks make fewer. */
const passBytes = 512 << 10;
const maxCalls = 128;

/** 512 KB straight into PSRAM take 3 s. */
const passTimeoutMs = 10_000;

/** Between scattered reads, besides their share of the file: no multiple of a cluster. */
const gapBytes = 3584;

/** Sequential and scattered reads into both memories, as the core reads, and in PSRAM through a buffer of the app's. */
export function cardShapes(file: CardFile): CardShape[] {
  const fits = (block: number): boolean => block <= file.bytes;
  const blocks = [512, 2048, 8192, 32_768, 65_536].filter(fits);
  const direct = (['internal', 'psram'] as const).flatMap((memory) =>
    (['sequential', 'scattered'] as const).flatMap((pattern) =>
      blocks.map((block) => ({ memory, block, pattern })),
    ),
  );
  const bounced = [4096, 8192, 16_384].map((bounce) => ({
    memory: 'psram' as const,
    block: 32_768,
    pattern: 'sequential' as const,
    bounce,
  }));
  return [...direct, ...bounced.filter(({ block }) => fits(block))];
}

export type CardObservations = Pick<Observations, 'card' | 'missing' | 'mount_us' | 'open_us' | 'fragments'>;

/** Rates of the card, its mount and its opening of files. Without a card, or without the file, all of it is missing. */
export async function measureCard(
  console: ProbeConsole,
  file: CardFile,
  rounds: number,
): Promise<CardObservations> {
  const card: CardSample[] = [];
  const missing: Observations['missing'] = [];
  const attempt = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await measure();
    } catch (error) {
      const why = refusalText(error);
      if (why === undefined) throw error;
      missing.push({ what, why });
      return undefined;
    }
  };
  const mountUs = await attempt('mounting the card', () => measureMount(console, rounds));
  const opened = await attempt('opening a file', () => measureOpen(console, file));
  if (opened !== undefined) {
    for (const shape of cardShapes(file)) {
      const sample = await attempt(describe(shape), () => measureShape(console, file, shape, rounds));
      if (sample !== undefined) card.push(sample);
    }
  }
  const times = {
    ...(mountUs === undefined ? {} : { mount_us: mountUs }),
  };
  return { card, missing, ...times, ...opened };
}

async function measureMount(console: ProbeConsole, rounds: number): Promise<number | undefined> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { us, units } = await retrying(() => console.probe('mount'));
    if (us !== undefined && units === 1) times.push(us);
  }
  return median(times).value;
}

async function measureOpen(
  console: ProbeConsole,
  { folder, name }: CardFile,
): Promise<Pick<Observations, 'open_us' | 'fragments'>> {
  const { us, units, fragments } = await retrying(() => console.probe(`open ${folder} ${name} calls=20`));
  return {
    ...(us === undefined || !units ? {} : { open_us: us / units }),
    ...(fragments === undefined ? {} : { fragments }),
  };
}

async function measureShape(
  console: ProbeConsole,
  file: CardFile,
  shape: CardShape,
  rounds: number,
): Promise<CardSample | undefined> {
  const passes: ProbeRecord[] = [];
  for (let round = 0; round < rounds; round++)
    passes.push(await retrying(() => console.probe(commandOf(file, shape), { timeoutMs: passTimeoutMs })));
  const us = median(passes.map((pass) => pass.us ?? 0)).value;
  const { reads, seeks, bytes } = passes[0]!;
  if (us === undefined || us <= 0 || !reads || seeks === undefined || !bytes) return undefined;
  const least = Math.min(...passes.map((pass) => pass.min_us ?? us));
  const most = Math.max(...passes.map((pass) => pass.max_us ?? 0));
  return { ...shape, reads, seeks, bytes, us, min_us: least, max_us: most };
}

function commandOf(file: CardFile, { memory, block, pattern, bounce }: CardShape): string {
  const calls = Math.min(maxCalls, Math.max(2, Math.floor(passBytes / block)));
  const step = pattern === 'sequential' ? block : scatteredStep(file.bytes, block, calls);
  const where = `memory=${memory === 'psram' ? 1 : 0}${bounce === undefined ? '' : ` bounce=${bounce}`}`;
  return `card ${file.folder} ${file.name} size=${block} calls=${calls} step=${step} ${where}`;
}

/** All over the file, and never where the read before ended. */
function scatteredStep(fileBytes: number, block: number, calls: number): number {
  const share = Math.floor((fileBytes - block) / calls / 512) * 512;
  return Math.max(block + gapBytes, share);
}

function describe({ memory, block, pattern, bounce }: CardShape): string {
  const through = bounce === undefined ? '' : ` through ${bounce} bytes`;
  return `${pattern} card reads of ${block} bytes into ${memory}${through}`;
}
