import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { AnnotationSpec, DashboardSpec, VariableSpec } from '../panel.js';
import { shown } from './field-options.js';
import { DATASOURCE, InfluxqlQueryBuilder } from './influxql-query.js';
import { menuOf } from './menu.js';
import { panelOf } from './panel-json.js';

/** A dashboard as Grafana's JSON, through the SDK's builders. `all` is what its menu leads to. */
export function dashboardOf(dashboard: DashboardSpec, all: readonly DashboardSpec[]): Dashboard {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags(['tokenrack'])
    .time({ from: dashboard.from, to: 'now' })
    .refresh(dashboard.refresh)
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .variables(dashboard.variables.map(variableOf))
    .annotations(dashboard.annotations.map(annotationOf))
    .links(menuOf(dashboard, all));
  for (const panel of dashboard.panels) builder.withPanel({ build: () => panelOf(panel) });
  return builder.build();
}

function variableOf({ name, label, description, query, multi }: VariableSpec): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.NaturalAsc)
    .multi(multi)
    .includeAll(multi);
  return multi ? builder.allValue('.*').current({ text: ['All'], value: ['$__all'] }) : builder;
}

function annotationOf(annotation: AnnotationSpec): Builder<AnnotationQuery> {
  const builder = new AnnotationQueryBuilder()
    .name(annotation.name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(annotation.color)
    .target(
      new InfluxqlQueryBuilder('Anno', annotation.query).asAnnotation(
        annotation.textColumn,
        annotation.tagsColumns,
      ),
    );
  return shown(builder);
}
