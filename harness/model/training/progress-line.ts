import type { TrainingProgress } from './trainer.js';

/** One line of a training's progress: step, loss, rate, and the time that is left. */
export function progressLine(progress: TrainingProgress, steps: number, elapsedMs: number): string {
  const { step, lossNats, gradientNorm, tokens } = progress;
  const rate = Math.round((tokens * 1000) / elapsedMs);
  const leftSeconds = Math.round((elapsedMs * (steps - step)) / step / 1000);
  return `step ${step}/${steps}  loss ${lossNats.toFixed(4)}  gradient ${gradientNorm.toFixed(2)}  ${rate} tokens/s  ${clock(leftSeconds)} left`;
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
