import { type Conformity, type ConformityStep, compareConformity } from '../reference/conformity.js';
import type { LogitsComparison } from '../reference/quality.js';
import type { Generation } from './generation.js';
import type { ReferencePrompt } from './reference-run.js';

/** How one generation stands against the reference. */
export interface Comparison extends Conformity {
  readonly board: string;
  readonly prompt: number;
  readonly repeat: number;
}

/** What the full logits say at the first step whose CRC differs: the diagnosis, never the verdict. */
export interface LogitsDifference extends LogitsComparison {
  readonly board: string;
  readonly prompt: number;
  readonly step: number;
}

/** Compares one generation with what the reference made of the same prompt. */
export function compareWithReference(generation: Generation, reference: ReferencePrompt): Comparison {
  const { board, prompt, repeat } = generation;
  return { board, prompt, repeat, ...compareConformity(withHoles(generation), reference.steps) };
}

/** The tokens at their steps; a step whose record was lost is a hole. */
function withHoles({ tokens, missing }: Generation): (ConformityStep | undefined)[] {
  const lost = new Set(missing);
  const arrived = tokens.values();
  return Array.from({ length: tokens.length + missing.length }, (_, step) =>
    lost.has(step) ? undefined : arrived.next().value,
  );
}
