/** Counts and time of one phase of a generation. Prefill ends with the first token's logits. */
export interface PhaseCounts {
  /** Forward passes. */
  readonly forwards: number;
  readonly timeUs: number;
  readonly sdReads: number;
  readonly sdSeeks: number;
  readonly sdBytes: number;
  readonly cardTimeUs: number;
  /** `sdReads` by stage; absent when the firmware does not say. */
  readonly stageReads?: {
    readonly embed: number;
    readonly attention: number;
    readonly mlp: number;
    readonly head: number;
  };
}

export interface GeneratedToken {
  readonly id: number;
  /** Board time since the generation began. */
  readonly atUs: number;
  /** Bits of the float32 log-probability, 8 hex digits; absent where not all logits were computed. */
  readonly logProbabilityBits?: string;
  /** CRC-32 of the logits that chose it; absent when the run did not ask for it, and where not all of them were computed. */
  readonly logitsCrc?: string;
  /** Bits of its own float32 logit, where a screen kept most others from being computed. */
  readonly logitBits?: string;
  /** With a screen: logits that were computed exactly; the vocabulary's size when all were after all. */
  readonly exactRows?: number;
  /** Its 1-based place among those by the screen's value; absent where all were computed. */
  readonly screenRank?: number;
}

/** What judging and reporting need of a generation, whatever firmware made it. What its log does not say is absent. */
export interface GenerationFacts {
  readonly board: string;
  readonly prompt: number;
  readonly repeat: number;
  readonly promptTokens?: number;
  readonly tokens?: readonly { readonly id: number; readonly logitBits?: string }[];
  readonly missing: readonly number[];
  readonly tokensCrc?: string;
  readonly logitsCrc?: string;
  /** Where its log contradicts itself, for people: then nothing of it is to be trusted. */
  readonly contradictions?: readonly string[];
}

/** What one board did with one prompt once: the facts, as its records gave them. */
export interface Generation {
  readonly board: string;
  /** Index into the plan's prompts. */
  readonly prompt: number;
  /** 1-based; 0 marks a warm-up, which is kept but never measured. */
  readonly repeat: number;
  readonly promptTokens: number;
  readonly tokens: readonly GeneratedToken[];
  /** Indices of token records that never arrived intact. */
  readonly missing: readonly number[];
  readonly stop: string;
  /** Absent when it ended before its first token. */
  readonly times?: {
    /** Since the generation began. */
    readonly firstTokenUs: number;
    readonly lastTokenUs: number;
    /** Since the last prompt chunk was acknowledged. */
    readonly timeToFirstTokenUs: number;
  };
  readonly prefill: PhaseCounts;
  readonly decode: PhaseCounts;
  readonly stagesUs: {
    readonly embed: number;
    readonly attention: number;
    readonly mlp: number;
    readonly head: number;
    readonly sample: number;
  };
  readonly psramPeakBytes: number;
  readonly psramPeakRunBytes: number;
  readonly heapPeakBytes: number;
  readonly heapPeakRunBytes: number;
  /** Absent on a port that cannot tell. */
  readonly stackFreeBytes?: number;
  readonly tokensCrc: string;
  readonly logitsCrc?: string;
}
