import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RackBoard } from '../rack/rack-schema.js';
import { writeAtomically } from '../results/run-folder.js';
import { expectedMs, type PastRun } from '../schedule/estimate.js';

const pastRunSchema = z.object({
  scenario: z.string(),
  boardClass: z.string(),
  passed: z.boolean(),
  durationMs: z.number().min(0),
  endedAtMs: z.number(),
});

/** So many runs are kept; the file is cut back to them when it has twice as many. */
const KEPT = 2000;

/**
 * How long scenarios took on earlier nights, for `longest first`: `durations.jsonl` of the state folder. Lines of controllers that end at
 * the same moment may be lost when the file is cut back: it is a guess that comes of it, nothing more.
 */
export class Durations {
  private constructor(
    private readonly path: string,
    private readonly runs: PastRun[],
  ) {}

  static async open(stateFolder: string): Promise<Durations> {
    const path = join(stateFolder, 'durations.jsonl');
    const text = await readFile(path, 'utf8').catch(() => '');
    return new Durations(path, text.split('\n').flatMap(parseLine));
  }

  /** Milliseconds; undefined when it never passed. */
  expectedMs(scenario: string, board?: RackBoard): number | undefined {
    return expectedMs(this.runs, { scenario, boardClass: board === undefined ? '' : boardClass(board) });
  }

  async add(run: PastRun): Promise<void> {
    this.runs.push(run);
    await mkdir(join(this.path, '..'), { recursive: true });
    if (this.runs.length < 2 * KEPT) return appendFile(this.path, `${JSON.stringify(run)}\n`);
    this.runs.splice(0, this.runs.length - KEPT);
    await writeAtomically(this.path, this.runs.map((one) => `${JSON.stringify(one)}\n`).join(''));
  }
}

/** Boards that take about as long as each other. */
export function boardClass({ link, card_mode, cost_table }: RackBoard): string {
  return [link, card_mode, cost_table].filter((word) => word !== undefined).join(' ');
}

function parseLine(line: string): PastRun[] {
  try {
    return [pastRunSchema.parse(JSON.parse(line))];
  } catch {
    return []; // torn, or of another version
  }
}
