import type { TextOptions } from '../texts/model-texts.js';

/** `what` is done so far, in its own units; a total that is not known is 0. */
export type LabProgress = (what: string, done: number, total: number) => void;

/** What a lab works with; all of it has defaults. */
export interface LabOptions {
  readonly texts?: Pick<TextOptions, 'calibrationFile' | 'testFile' | 'trainingFile'>;
  /** Tokenizer file; found in or beside the model by default. */
  readonly tokenizer?: string;
  /** Positions of the test text that are scored, at most. Default: all. */
  readonly testTokens?: number;
  /** Whether builds run on the virtual board. Default true: without a speed nothing is accepted. */
  readonly speed?: boolean;
  /** Whether the head is screened on the virtual board where the card has a screen for it, float32's run and the build's alike. */
  readonly screen?: Screen;
  /** File of questions (harness/quantization/tasks): accuracy on them then stands beside perplexity. */
  readonly task?: string;
  /** Prompts themselves, or a file of them. Default: seed 000's five. */
  readonly prompts?: string | readonly string[];
  /** Tokens that each prompt is continued with. */
  readonly promptTokens?: number;
  /** Default: one a core, at most 8. */
  readonly threads?: number;
  /** Where virtual boards keep flash and cards, and QAT its state. Default: the environment's. */
  readonly stateFolder?: string;
  readonly runsFolder?: string;
  readonly onProgress?: LabProgress;
  /** What a log should have once, such as that a training goes on where it was interrupted. */
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Values of the firmware's knob that leave every token what it is. */
export type Screen = 'off' | 'certain';
export const DEFAULT_SCREEN: Screen = 'certain';

export const DEFAULT_PROMPTS = 'fixtures/prompts/seed-000.yaml';

/** A third of it is what a repetition is looked for in. */
export const PROMPT_TOKENS = 96;
