import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardSpec, VariableSpec } from '../panel.js';
import { shown } from './field-options.js';

/**
 * Links from one dashboard to the others, with the choices that the other can take over: several values, or All, do not fit a variable of one
 * value. Grafana's own `includeVars` would carry them all.
 */
export function menuOf(from: DashboardSpec, all: readonly DashboardSpec[]): Builder<DashboardLink>[] {
  return all.filter(({ uid }) => uid !== from.uid).map((to) => menuEntry(from, to));
}

function menuEntry(from: DashboardSpec, to: DashboardSpec): Builder<DashboardLink> {
  const carried = from.variables.filter((variable) => fits(variable, to));
  const query = carried.map(({ name }) => `\${${name}:queryparam}`).join('&');
  const link = new DashboardLinkBuilder(shortTitle(to))
    .type(DashboardLinkType.Link)
    .icon('dashboard')
    .tooltip(to.description)
    .url(`/d/${to.uid}${query === '' ? '' : `?${query}`}`)
    .keepTime(from.from === to.from)
    .targetBlank(false);
  return shown(link);
}

function fits({ name, multi }: VariableSpec, to: DashboardSpec): boolean {
  const target = to.variables.find((variable) => variable.name === name);
  return target !== undefined && (target.multi || !multi);
}

function shortTitle({ title }: DashboardSpec): string {
  return title.replace(/^tokenrack \/ /, '');
}
