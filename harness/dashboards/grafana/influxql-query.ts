import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The data source that the provisioning files make; alerts cannot do without a fixed uid. */
export const DATASOURCE: DataSourceRef = { type: 'influxdb', uid: 'tokenrack-influxdb' };

/** What Grafana's InfluxDB plugin stores of a hand-written InfluxQL query (plugins/datasource/influxdb/types.ts `InfluxQuery`). */
export interface InfluxqlQuery extends Dataquery {
  refId: string;
  datasource: DataSourceRef;
  query: string;
  rawQuery: true;
  resultFormat: 'time_series' | 'table';
  alias?: string;
  /** Of annotations only. */
  fromAnnotations?: true;
  textColumn?: string;
  tagsColumn?: string;
}

/** The SDK has no query type of the InfluxDB plugin: this is its documented way to add one. */
export class InfluxqlQueryBuilder implements Builder<Dataquery> {
  private readonly internal: InfluxqlQuery;

  constructor(refId: string, query: string) {
    this.internal = {
      refId,
      query,
      datasource: DATASOURCE,
      rawQuery: true,
      resultFormat: 'time_series',
      _implementsDataqueryVariant() {},
    };
  }

  build(): InfluxqlQuery {
    return this.internal;
  }

  /** One table in place of one series per tag set and column. */
  asTable(): this {
    this.internal.resultFormat = 'table';
    return this;
  }

  alias(alias: string): this {
    this.internal.alias = alias;
    return this;
  }

  /** Every row is a mark, with these columns as its text and tags. */
  asAnnotation(textColumn: string, tagsColumns: readonly string[]): this {
    this.internal.fromAnnotations = true;
    this.internal.textColumn = textColumn;
    this.internal.tagsColumn = tagsColumns.join(',');
    return this;
  }
}
