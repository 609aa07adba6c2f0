import type { ValidationReport } from '../validation-report.js';

/** What a point's shape and colour say: the method; `float` for formats without codes. */
export const KINDS = ['naive', 'nearest', 'clip', 'awq', 'gptq', 'qat', 'float'] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf({ build }: ValidationReport): Kind {
  return build.recipe?.method ?? 'float';
}

/** What a mark can say: a method, or that it stands for builds of several. */
export type MarkKind = Kind | 'several';

/** A mark of a method at a place, filled when its build was accepted. */
export function markSvg(kind: MarkKind, x: number, y: number, accepted: boolean): string {
  const fill = accepted ? 'filled' : 'hollow';
  const at = (dx: number, dy: number) => `${round(x + dx)} ${round(y + dy)}`;
  const path = (...corners: (readonly [number, number])[]) =>
    `<path class="mark ${kind} ${fill}" d="M ${corners.map(([dx, dy]) => at(dx, dy)).join(' L ')} Z"/>`;
  switch (kind) {
    case 'several':
    case 'nearest':
      return `<circle class="mark ${kind} ${fill}" cx="${round(x)}" cy="${round(y)}" r="4.6"/>`;
    case 'awq':
      return path([-4.3, -4.3], [4.3, -4.3], [4.3, 4.3], [-4.3, 4.3]);
    case 'gptq':
      return path([0, -6], [6, 0], [0, 6], [-6, 0]);
    case 'qat':
      return path([0, -5.8], [5.4, 4.2], [-5.4, 4.2]);
    case 'clip':
      return path([0, 5.8], [5.4, -4.2], [-5.4, -4.2]);
    case 'naive':
      return `<path class="mark ${kind} hollow" d="M ${at(-4.5, -4.5)} L ${at(4.5, 4.5)} M ${at(-4.5, 4.5)} L ${at(4.5, -4.5)}"/>`;
    case 'float':
      return `<path class="mark ${kind} hollow" d="M ${at(-5, 0)} L ${at(5, 0)} M ${at(0, -5)} L ${at(0, 5)}"/>`;
  }
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
