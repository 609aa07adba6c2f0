import type { Checkpoint } from '../../model/checkpoint.js';
import { calibrate } from '../calibration/calibrate.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { Recipe } from '../recipe.js';

/** Documents of the training text that GPTQ looks at: as many as a calibration has by default. */
const CALIBRATED = 512;

/** The values of the recipe's codes as GPTQ chooses them on the training text: latent weights that begin where rounding costs least. */
export async function gptqStart(
  checkpoint: Checkpoint,
  recipe: Recipe,
  documents: readonly (readonly number[])[],
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const options = signal === undefined ? {} : { signal };
  const calibration = await calibrate(checkpoint, documents.slice(0, CALIBRATED), options);
  const build = quantizeCheckpoint(checkpoint, { ...recipe, method: 'gptq' }, { calibration });
  return { ...dequantizeModel(build), name: checkpoint.name };
}
