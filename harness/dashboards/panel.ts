/**
 * Dashboards as plain data. Nothing here knows Grafana's JSON: `grafana/` turns these into the SDK's builders, the integration test sends
 * their queries to a real InfluxDB, and the picture renderer draws them. Colours are Grafana's names or `#rrggbb`; units are Grafana's unit ids.
 */

/** How the server's answer is read: `time-series` makes one series per tag set and column, `table` one table with tags and fields as columns. */
export type QueryShape = 'time-series' | 'table';

export interface QuerySpec {
  readonly refId: string;
  /** InfluxQL with Grafana's own macros (`$timeFilter`, `$__interval`) and `$board`-style variables; `interpolate` expands them as Grafana does. */
  readonly text: string;
  readonly shape: QueryShape;
  /** Names a series: `$tag_board` and `$col` stand for the tag's value and the column. Time series only. */
  readonly alias?: string;
}

export type PanelKind =
  | 'timeseries'
  | 'stat'
  | 'table'
  | 'status-history'
  | 'state-timeline'
  | 'barchart'
  | 'bargauge'
  | 'xychart';

/** Place on the grid of 24 columns; a row is about 30 pixels high. */
export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** From this value on, this colour; the first step has no `from`. */
export interface ThresholdStep {
  readonly from?: number;
  readonly color: string;
}

/** A value's text and colour: of a string (`pass`) or a number (`4`, matched exactly). */
export interface ValueMapping {
  readonly value: string | number;
  readonly text: string;
  readonly color: string;
}

export interface LinkSpec {
  readonly title: string;
  /** May use Grafana's `${__data.fields.NAME}` and `${__url_time_range}`. */
  readonly url: string;
  readonly newTab: boolean;
}

/** One column of a table, or one named series of another panel: what differs from the panel's own settings. */
export interface FieldSpec {
  /** Name as the query gives it. */
  readonly name: string;
  /** Name as the reader sees it. */
  readonly label?: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly hidden?: boolean;
  readonly color?: string;
  /** Paints the cell by mappings or thresholds. */
  readonly painted?: boolean;
  readonly mappings?: readonly ValueMapping[];
  readonly thresholds?: readonly ThresholdStep[];
  readonly link?: LinkSpec;
}

/** How a timeseries panel draws. */
export interface DrawSpec {
  readonly style: 'lines' | 'bars' | 'points';
  /** A value holds until the next one: for exact counts, which jump. */
  readonly step?: boolean;
  readonly stacked?: boolean;
  readonly fillOpacity?: number;
}

export interface PanelSpec {
  /** Unique in its dashboard and never reused: addresses of single panels and alerts hold it. */
  readonly id: number;
  readonly kind: PanelKind;
  readonly title: string;
  /** What the panel answers and how to read it, in one or two sentences. */
  readonly description: string;
  readonly unit: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly queries: readonly QuerySpec[];
  readonly grid: GridPosition;
  /** Shown in place of data when there is none. */
  readonly noValue: string;
  readonly thresholds?: readonly ThresholdStep[];
  readonly mappings?: readonly ValueMapping[];
  readonly draw?: DrawSpec;
  readonly legend?: 'none' | 'list' | 'table';
  readonly fields?: readonly FieldSpec[];
  /** Tables: the column sorted by. */
  readonly sortBy?: { readonly field: string; readonly descending: boolean };
  /** Table-shaped queries: one series per value of these columns, which InfluxQL cannot group by as they are fields. */
  readonly partitionBy?: readonly string[];
  /** Table-shaped queries: rows of the same value of `by` become one, with the median of every column of `medians`. */
  readonly groupBy?: { readonly by: string; readonly medians: readonly string[] };
  /** Bar charts: the column that names the bars. Scatter charts: the column of the x axis. */
  readonly xField?: string;
  /** Scatter charts: the column of the y axis. */
  readonly yField?: string;
  /** Titles of the axes, where the unit does not say enough. */
  readonly axisLabel?: string;
  /** Stat panels and bar gauges: how the points of a series become one number. */
  readonly reduce?: 'lastNotNull' | 'mean' | 'sum' | 'min' | 'max';
  readonly links?: readonly LinkSpec[];
  /** Looks at this span instead of the dashboard's, such as `10m`. */
  readonly timeFrom?: string;
}

export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** `SHOW TAG VALUES ...`; may name the variables before it. */
  readonly query: string;
  /** Several values at once, and All (`.*`). */
  readonly multi: boolean;
}

export interface AnnotationSpec {
  readonly name: string;
  /** InfluxQL; every row is a mark. */
  readonly query: string;
  readonly textColumn: string;
  readonly tagsColumns: readonly string[];
  readonly color: string;
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Such as `now-30d`. */
  readonly from: string;
  readonly refresh: string;
  readonly variables: readonly VariableSpec[];
  readonly annotations: readonly AnnotationSpec[];
  readonly panels: readonly PanelSpec[];
}

/** A query of an alert rule, or an expression over the others. */
export type AlertStep =
  | {
      readonly kind: 'query';
      readonly refId: string;
      readonly text: string;
      readonly lookBackSeconds: number;
    }
  | {
      readonly kind: 'reduce';
      readonly refId: string;
      readonly of: string;
      readonly by: 'last' | 'sum' | 'mean' | 'max';
    }
  | { readonly kind: 'math'; readonly refId: string; readonly expression: string }
  | {
      readonly kind: 'threshold';
      readonly refId: string;
      readonly of: string;
      readonly is: 'above' | 'below';
      readonly value: number;
    };

export interface AlertSpec {
  readonly uid: string;
  readonly title: string;
  readonly steps: readonly AlertStep[];
  /** The step whose non-zero outcome fires. */
  readonly condition: string;
  /** How long the condition must hold, such as `10m`. */
  readonly holdFor: string;
  readonly whenNoData: 'OK' | 'Alerting' | 'NoData';
  readonly whenError: 'OK' | 'Alerting' | 'Error';
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What to do next. */
  readonly description: string;
  /** The panel to look at. */
  readonly panel: { readonly dashboard: string; readonly id: number };
}
