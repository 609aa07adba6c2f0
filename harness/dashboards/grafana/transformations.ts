import type { DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelSpec } from '../panel.js';

/** What Grafana does to the tables of a panel before drawing them, in this order. */
export function transformationsOf(panel: PanelSpec): DataTransformerConfig[] {
  return [groupingOf(panel), partitionOf(panel), columnsOf(panel)].filter((one) => one !== undefined);
}

function groupingOf({ groupBy }: PanelSpec): DataTransformerConfig | undefined {
  if (groupBy === undefined) return undefined;
  const medians = groupBy.medians.map((name) => [name, { aggregations: ['median'], operation: 'aggregate' }]);
  const fields = Object.fromEntries([[groupBy.by, { aggregations: [], operation: 'groupby' }], ...medians]);
  return { id: 'groupBy', options: { fields } };
}

function partitionOf({ partitionBy }: PanelSpec): DataTransformerConfig | undefined {
  if (partitionBy === undefined) return undefined;
  return {
    id: 'partitionByValues',
    options: { fields: [...partitionBy], keepFields: true, naming: { asLabels: true } },
  };
}

/** Columns in the order of `fields`: the server gives tags in no order at all. */
function columnsOf({ kind, fields = [] }: PanelSpec): DataTransformerConfig | undefined {
  if (kind !== 'table' && kind !== 'barchart') return undefined;
  const excluded = fields.filter(({ hidden }) => hidden).map(({ name }) => [name, true]);
  const order = fields.map(({ name }, index) => [name, index]);
  return {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(excluded),
      indexByName: Object.fromEntries(order),
      renameByName: {},
    },
  };
}
