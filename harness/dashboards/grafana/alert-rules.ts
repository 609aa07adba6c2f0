import { QueryBuilder, type Rule, RuleBuilder } from '@grafana/grafana-foundation-sdk/alerting';
import {
  TypeMathBuilder,
  TypeReduceBuilder,
  TypeThresholdBuilder,
} from '@grafana/grafana-foundation-sdk/expr';
import { stringify } from 'yaml';
import type { AlertSpec, AlertStep } from '../panel.js';
import { DATASOURCE, InfluxqlQueryBuilder } from './influxql-query.js';

/** Grafana's own evaluator of reductions, arithmetic and thresholds. */
const EXPRESSIONS = { type: '__expr__', uid: '__expr__' } as const;

const HEAD = `# Made by \`npm run dashboards\` from harness/dashboards/alerts.ts: change it there.
# Who is told is the site's affair: add contact points and a notification policy for the label system=tokenrack.
`;

/** The file of Grafana's alerting provisioning that holds every rule. */
export function alertRulesFile(alerts: readonly AlertSpec[]): string {
  const group = {
    orgId: 1,
    name: 'tokenrack',
    folder: 'tokenrack',
    interval: '5m',
    rules: alerts.map((alert) => provisioned(ruleOf(alert))),
  };
  return HEAD + stringify({ apiVersion: 1, groups: [group] }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** An alert as the SDK's rule. */
export function ruleOf(alert: AlertSpec): Rule {
  const builder = new RuleBuilder(alert.title)
    .uid(alert.uid)
    .condition(alert.condition)
    .forDuration(alert.holdFor)
    .noDataState(alert.whenNoData)
    .execErrState(alert.whenError)
    .labels({ ...alert.labels })
    .annotations(annotationsOf(alert));
  for (const step of alert.steps) builder.withQuery(queryOf(step));
  return builder.build();
}

function annotationsOf({ summary, description, panel }: AlertSpec): Record<string, string> {
  return {
    summary,
    description,
    __dashboardUid__: panel.dashboard,
    __panelId__: String(panel.id),
  };
}

function queryOf(step: AlertStep): QueryBuilder {
  const builder = new QueryBuilder(step.refId);
  if (step.kind !== 'query') {
    return builder
      .datasourceUid(EXPRESSIONS.uid)
      .relativeTimeRange({ from: 0, to: 0 })
      .model(expressionOf(step));
  }
  return builder
    .datasourceUid(DATASOURCE.uid ?? '')
    .relativeTimeRange({ from: step.lookBackSeconds, to: 0 })
    .model(new InfluxqlQueryBuilder(step.refId, step.text));
}

function expressionOf(step: Exclude<AlertStep, { kind: 'query' }>) {
  switch (step.kind) {
    case 'reduce':
      return new TypeReduceBuilder()
        .refId(step.refId)
        .datasource(EXPRESSIONS)
        .expression(step.of)
        .reducer(step.by);
    case 'math':
      return new TypeMathBuilder().refId(step.refId).datasource(EXPRESSIONS).expression(step.expression);
    case 'threshold':
      return new TypeThresholdBuilder()
        .refId(step.refId)
        .datasource(EXPRESSIONS)
        .expression(step.of)
        .conditions([{ evaluator: { type: step.is === 'above' ? 'gt' : 'lt', params: [step.value] } }]);
  }
}

/** A provisioning file names group, folder and organization once, above the rules; a reader looks for uid and title first. */
function provisioned({
  uid,
  title,
  folderUID: _folder,
  ruleGroup: _group,
  orgID: _org,
  ...rest
}: Rule): object {
  return JSON.parse(JSON.stringify({ uid, title, ...rest })) as object;
}
