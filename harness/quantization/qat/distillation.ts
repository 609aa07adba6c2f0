/** How much of the loss is the teacher's (Hinton, Vinyals and Dean 2015, arXiv 1503.02531). */
export interface Distillation {
  /** 0: the text alone; 1: the teacher alone. */
  readonly share: number;
  /** Both models' logits are divided by it in the teacher's part, which is weighed by its square. */
  readonly temperature: number;
}

/** Sums over the rows, nats. */
export interface Losses {
  /** -ln p(target) of the student. */
  readonly crossEntropy: number;
  /** KL(teacher || student), both at the temperature. */
  readonly divergence: number;
  /** (1 - share) * crossEntropy + share * temperature^2 * divergence: what is made smaller. */
  readonly mixed: number;
}
