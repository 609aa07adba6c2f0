import type { Bits } from '../../quantized-tensor.js';
import { defaultPlan, type QatPlan } from '../plan.js';

/** Seconds. */
export function shortPlan(bits: Bits): QatPlan {
  const plan = defaultPlan(bits, 60);
  return { ...plan, rates: { ...plan.rates, units: Math.max(plan.rates.units, 0.08) } };
}
