import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
  FieldColorBuilder,
  type FieldColorModeId,
  type ValueMapping as GrafanaMapping,
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { FieldSpec, LinkSpec, ThresholdStep, ValueMapping } from '../panel.js';

export function thresholdsOf(steps: readonly ThresholdStep[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(steps));
}

function stepsOf(steps: readonly ThresholdStep[]): Threshold[] {
  return steps.map(({ from, color }) => ({ color, value: from ?? null }));
}

export function mappingsOf(mappings: readonly ValueMapping[]): GrafanaMapping[] {
  const entries = mappings.map(({ value, text, color }, index) => [String(value), { text, color, index }]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(entries) }];
}

export function colorOf(mode: FieldColorModeId, fixed?: string): FieldColorBuilder {
  const builder = new FieldColorBuilder().mode(mode);
  return fixed === undefined ? builder : builder.fixedColor(fixed);
}

export function linkOf({ title, url, newTab }: LinkSpec): Builder<DashboardLink> {
  return shown(new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(newTab));
}

/** The SDK's default hides links and annotations in a menu, and its builders cannot take that back. */
export function shown<T extends { placement?: unknown }>(builder: Builder<T>): Builder<T> {
  const built = builder.build();
  delete built.placement;
  return { build: () => built };
}

/** What one column or series has of its own. `labelAs`: scatter charts name axes, as their fields are found by name. */
export function overridesOf(field: FieldSpec, labelAs = 'displayName'): DynamicConfigValue[] {
  const options: [id: string, value: unknown][] = [
    [labelAs, field.label],
    ['unit', field.unit],
    ['decimals', field.decimals],
    ['custom.width', field.width],
    ['mappings', field.mappings && mappingsOf(field.mappings)],
    ['thresholds', field.thresholds && thresholdsOf(field.thresholds).build()],
    ['color', ownColorOf(field)],
    ['custom.cellOptions', field.painted ? { type: 'color-background', mode: 'basic' } : undefined],
    ['links', field.link && [linkOf(field.link).build()]],
  ];
  return options.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }));
}

function ownColorOf({ color, thresholds }: FieldSpec): object | undefined {
  if (color !== undefined) return { mode: 'fixed', fixedColor: color };
  return thresholds === undefined ? undefined : { mode: 'thresholds' };
}
