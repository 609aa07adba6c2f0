import { colorOf, theme } from './draw-theme.js';
import { formatValue } from './draw-units.js';
import type { FieldSpec, PanelSpec, ThresholdStep, ValueMapping } from './panel.js';

/** How the values of a panel, a series or a column are written and coloured. */
export interface ValueStyle {
  readonly unit: string;
  readonly decimals?: number | undefined;
  readonly mappings?: readonly ValueMapping[] | undefined;
  readonly thresholds?: readonly ThresholdStep[] | undefined;
}

/** What a field says of its own, and else the panel. */
export function styleOf(panel: PanelSpec, field?: FieldSpec): ValueStyle {
  return {
    unit: field?.unit ?? panel.unit,
    decimals: field?.decimals ?? (field?.unit === undefined ? panel.decimals : undefined),
    mappings: field?.mappings ?? panel.mappings,
    thresholds: field?.thresholds ?? panel.thresholds,
  };
}

export function fieldNamed(panel: PanelSpec, name: string): FieldSpec | undefined {
  return panel.fields?.find((field) => field.name === name);
}

export function textOf(value: number | string, style: ValueStyle): string {
  const mapped = style.mappings?.find((mapping) => mapping.value === value);
  if (mapped !== undefined) return mapped.text;
  return typeof value === 'string' ? value : formatValue(value, style.unit, style.decimals);
}

/** Of a mapping, else of the last step that the value reaches; undefined when neither says. */
export function valueColor(value: number | string, { mappings, thresholds }: ValueStyle): string | undefined {
  const mapped = mappings?.find((mapping) => mapping.value === value);
  if (mapped !== undefined) return colorOf(mapped.color);
  if (typeof value === 'string') return undefined;
  const step = thresholds?.findLast(({ from }) => from === undefined || value >= from);
  return step === undefined ? undefined : colorOf(step.color);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  return sorted.length % 2 === 1 ? upper : (upper + sorted[sorted.length / 2 - 1]!) / 2;
}

/** Marks of the values that a panel's mappings or thresholds tell apart, for its legend. */
export function valueLegend(style: ValueStyle): { name: string; color: string }[] {
  const { mappings, thresholds } = style;
  if (mappings !== undefined) {
    const marks = new Map(mappings.map(({ text, color }) => [text, colorOf(color)]));
    return [...marks].map(([name, color]) => ({ name, color }));
  }
  const first = thresholds?.[1]?.from ?? 0;
  return (thresholds ?? []).map(({ from, color }) => ({
    name:
      from === undefined
        ? `below ${formatValue(first, style.unit)}`
        : `${formatValue(from, style.unit)} and more`,
    color: color === 'transparent' ? theme.faint : colorOf(color),
  }));
}
