import { join } from 'node:path';
import { writeAtomically } from '../../results/run-folder.js';
import { climbLadder } from '../acceptance/climb-ladder.js';
import { describeLadder, type LadderRecord } from '../acceptance/ladder-record.js';
import type { Recipe } from '../recipe.js';
import type { Lab } from './lab.js';
import { quantizeModel } from './quantize.js';

/** Training takes minutes below this, and the best part of a day for Tiny-LLM's 13 M. */
const TRAINABLE_PARAMETERS = 1_000_000;

/** The fallback ladder of seed 003 on a real model. Writes builds, `ladder.json` and `ladder.txt` to `outFolder`. */
export async function quantizeOnLadder(
  lab: Lab,
  modelPath: string,
  outFolder: string,
  recipe: Recipe,
  checkpoints: readonly string[] = [],
): Promise<LadderRecord> {
  const subject = await lab.subject(modelPath);
  await lab.task(subject);
  const { parameters } = subject;
  const untrainable = `${parameters} parameters are more than is trained here (${TRAINABLE_PARAMETERS})`;
  return climbLadder({
    model: modelPath,
    recipe,
    checkpoints,
    ...(parameters > TRAINABLE_PARAMETERS ? { untrainable } : {}),
    attempt: async (rung) => {
      lab.tell(`ladder: ${rung.step}`, 0, 0);
      const { report, ...made } = await quantizeModel(lab, rung.model, outFolder, rung.recipe);
      return { ...made, report: report! };
    },
    onStep: (record) => keep(record, outFolder),
  });
}

async function keep(record: LadderRecord, folder: string): Promise<void> {
  await writeAtomically(join(folder, 'ladder.json'), `${JSON.stringify(record, null, 1)}\n`);
  await writeAtomically(join(folder, 'ladder.txt'), describeLadder(record));
}
