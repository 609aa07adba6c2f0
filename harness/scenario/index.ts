/** What a scenario author imports: `import { scenario, tokens, measured } from 'tokenrack'`. */

export type { ScenarioInput } from '../bench/scenario-spec.js';
export type { MeasurementName } from '../results/measurement-catalogue.js';
export type { RunResult } from '../results/result.js';
export type { Bound } from './expectations.js';
export { continuationOf, exactMeasurements, logits, measured, tokens } from './expectations.js';
export { localModel, trials } from './local-model.js';
export { type QuantizedBuilds, quantizedBuilds } from './quantized-builds.js';
export {
  chunkReport,
  nothingBeatsPhysics,
  screenReport,
  seedClaimsReport,
  speedupOverSeed,
  strategyReport,
} from './reports.js';
export type { Check } from './scenario.js';
export { scenario } from './scenario.js';
export { type SweepOptions, type SweepPoint, type SweepReport, sweep } from './sweep.js';
