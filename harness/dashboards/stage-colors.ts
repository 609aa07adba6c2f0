import type { FieldSpec } from './panel.js';

/** The stages of a generation, in their order, each with its colour wherever it is drawn. */
export const STAGE_COLORS: readonly FieldSpec[] = [
  { name: 'embedding', color: '#5794f2' },
  { name: 'attention', color: '#fade2a' },
  { name: 'MLP', color: '#ff9830' },
  { name: 'head', color: '#b877d9' },
  { name: 'sampling', color: '#73bf69' },
];
