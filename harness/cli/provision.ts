import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findInput } from '../bench/inputs.js';
import { prepareCard } from '../bench/prepare-card.js';
import { cardSourceOf } from '../bench/provisioning.js';
import { readModel } from '../bench/read-model.js';
import { parseScenario, type ScenarioInput } from '../bench/scenario-spec.js';
import { fastestBaud } from '../board/fastest-baud.js';
import { type ProvisionResult, provision } from '../board/provision.js';
import { readEnvironment } from '../config/environment.js';
import { type CardFolder, MODEL_CONFIG, readCardFolder } from '../model/card-folder.js';
import { modelHash } from '../model/model-hash.js';
import { roundingNote } from '../sinks/rounding-note.js';
import { ProgressLine } from './progress-line.js';
import { withConsole } from './with-console.js';

export interface ProvisionFlags {
  readonly board: string;
  readonly format?: string;
  readonly tokenizer?: string;
  readonly rack?: string;
  readonly json?: boolean;
  readonly wait?: number;
}

const PHASES = { compare: 'comparing', send: 'sending', switch: 'switching' } as const;

/** Puts a model onto one board's card and says what that took. */
export async function provisionBoard(model: string, flags: ProvisionFlags): Promise<void> {
  const card = await readyCard(model, flags);
  await withConsole(`provision ${model}`, flags, async ({ console, board, tellsWireTime, signal }) => {
    await fastestBaud(console, { signal });
    const progress = new ProgressLine(process.stderr);
    const measured = await provision(console, cardSourceOf(card), {
      signal,
      onProgress: ({ phase, file, doneBytes, totalBytes }) =>
        progress.show(`${PHASES[phase]} ${file}`, doneBytes, totalBytes),
    }).finally(() => progress.end());
    await console.bye({ signal });
    const result = tellsWireTime ? measured : withoutWireTime(measured);
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ board, ...result })}\n`);
    else process.stdout.write(describe(board, cardSourceOf(card).folder, result));
  });
}

/** A card folder as it is, unless another format is asked for; or an export of the model. */
async function readyCard(model: string, { format, tokenizer }: ProvisionFlags): Promise<CardFolder> {
  const path = findInput(model);
  if (format === undefined && existsSync(join(path, MODEL_CONFIG))) return readCardFolder(path);
  const spec = parseScenario('provision', {
    model,
    ...(format === undefined ? {} : { format: format as ScenarioInput['format'] & string }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
  });
  const read = await readModel(spec);
  if (read.rounding !== undefined) process.stderr.write(roundingNote(path, read.rounding));
  return prepareCard(spec, read, modelHash(read.checkpoint), readEnvironment().stateFolder);
}

function withoutWireTime({ wireEfficiency: _, ...rest }: ProvisionResult): ProvisionResult {
  return rest;
}

function describe(board: string, folder: string, result: ProvisionResult): string {
  const { filesChanged, bytesSent, blocksSent, blocksEqual, retries, elapsedUs, wireEfficiency, baudRate } =
    result;
  const seconds = (elapsedUs / 1e6).toFixed(1);
  const lines =
    filesChanged === 0
      ? [`${board}: ${folder} is on the card already (${blocksEqual} blocks compared in ${seconds} s)`]
      : [
          `${board}: ${folder} is on the card: ${filesChanged} files changed, ${blocksSent} blocks (${bytesSent} bytes) sent, ` +
            `${blocksEqual} equal, ${retries} retries, ${seconds} s`,
        ];
  if (wireEfficiency !== undefined)
    lines.push(`wire efficiency ${(wireEfficiency * 100).toFixed(1)}% of ${baudRate / 10} bytes/s`);
  return `${[...lines, ...result.findings].join('\n')}\n`;
}
