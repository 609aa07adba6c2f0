import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelSpec, QuerySpec } from '../panel.js';
import { linkOf, mappingsOf, overridesOf, thresholdsOf } from './field-options.js';
import { DATASOURCE, InfluxqlQueryBuilder } from './influxql-query.js';
import { PANEL_KINDS, type PanelBuilder } from './panel-kinds.js';
import { transformationsOf } from './transformations.js';

/** A panel as Grafana's JSON, through the SDK's builders. */
export function panelOf(panel: PanelSpec): Panel {
  const builder = PANEL_KINDS[panel.kind](panel);
  builder
    .id(panel.id)
    .title(panel.title)
    .description(panel.description)
    .datasource(DATASOURCE)
    .gridPos({ ...panel.grid })
    .unit(panel.unit)
    .noValue(panel.noValue)
    .transformations(transformationsOf(panel));
  setOptional(builder, panel);
  for (const query of panel.queries) builder.withTarget(targetOf(query));
  for (const field of panel.fields ?? []) {
    const options = overridesOf(field, panel.kind === 'xychart' ? 'custom.axisLabel' : 'displayName');
    if (options.length > 0) builder.overrideByName(field.name, options);
  }
  return builder.build();
}

function setOptional(builder: PanelBuilder, panel: PanelSpec): void {
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  // The title says it already.
  if (panel.timeFrom !== undefined) builder.timeFrom(panel.timeFrom).hideTimeOverride(true);
  if (panel.thresholds !== undefined) builder.thresholds(thresholdsOf(panel.thresholds));
  if (panel.mappings !== undefined) builder.mappings(mappingsOf(panel.mappings));
  if (panel.links !== undefined) builder.dataLinks(panel.links.map(linkOf));
}

function targetOf({ refId, text, shape, alias }: QuerySpec): InfluxqlQueryBuilder {
  const builder = new InfluxqlQueryBuilder(refId, text);
  if (shape === 'table') builder.asTable();
  return alias === undefined ? builder : builder.alias(alias);
}
