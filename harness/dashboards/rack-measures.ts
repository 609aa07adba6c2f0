import { matching } from './filters.js';
import type { ThresholdStep } from './panel.js';
import { VERDICT_COLORS } from './verdict-colors.js';

const CHOSEN = matching('suite', 'board');

export const ATTEMPTS = `FROM "board" WHERE ${CHOSEN}`;

export const RACK_RUNS = `FROM "run" WHERE ${CHOSEN}`;

/** A share of attempts that ended in an infra-fail. */
export const INFRA_STEPS: readonly ThresholdStep[] = [
  { color: 'green' },
  { from: 0.001, color: 'yellow' },
  { from: 0.2, color: VERDICT_COLORS.infra },
  { from: 0.5, color: 'red' },
];
