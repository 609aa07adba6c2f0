import * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as statushistory from '@grafana/grafana-foundation-sdk/statushistory';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import * as xychart from '@grafana/grafana-foundation-sdk/xychart';
import type { PanelKind, PanelSpec } from '../panel.js';
import { drawTimeseries, legendOf, stackingOf, tooltipOf } from './chart-options.js';
import { colorOf } from './field-options.js';

export type PanelBuilder =
  | timeseries.PanelBuilder
  | stat.PanelBuilder
  | table.PanelBuilder
  | statushistory.PanelBuilder
  | statetimeline.PanelBuilder
  | barchart.PanelBuilder
  | bargauge.PanelBuilder
  | xychart.PanelBuilder;

/** The SDK's builder of each kind of panel, with what only that kind has. */
export const PANEL_KINDS: Readonly<Record<PanelKind, (panel: PanelSpec) => PanelBuilder>> = {
  timeseries: timeseriesPanel,
  stat: statPanel,
  table: tablePanel,
  'status-history': statusHistoryPanel,
  'state-timeline': stateTimelinePanel,
  barchart: barchartPanel,
  bargauge: bargaugePanel,
  xychart: xychartPanel,
};

/** Colours by name: a board has the same one in every panel. */
function timeseriesPanel(panel: PanelSpec): PanelBuilder {
  const builder = new timeseries.PanelBuilder().colorScheme(colorOf(FieldColorModeId.PaletteClassicByName));
  return drawTimeseries(builder, panel, panel.draw);
}

function statPanel({ thresholds, reduce = 'lastNotNull' }: PanelSpec): PanelBuilder {
  const judged = thresholds !== undefined;
  return new stat.PanelBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs([reduce]))
    .colorMode(judged ? BigValueColorMode.Background : BigValueColorMode.Value)
    .colorScheme(judged ? colorOf(FieldColorModeId.Thresholds) : colorOf(FieldColorModeId.Fixed, 'text'))
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Value);
}

function tablePanel({ sortBy }: PanelSpec): PanelBuilder {
  const builder = new table.PanelBuilder().showHeader(true).filterable(true);
  if (sortBy === undefined) return builder;
  return builder.sortBy([
    new TableSortByFieldStateBuilder().displayName(sortBy.field).desc(sortBy.descending),
  ]);
}

function statusHistoryPanel(panel: PanelSpec): PanelBuilder {
  return new statushistory.PanelBuilder()
    .colorScheme(colorOf(FieldColorModeId.Thresholds))
    .showValue(VisibilityMode.Never)
    .rowHeight(0.85)
    .colWidth(0.9)
    .fillOpacity(85)
    .legend(legendOf(panel))
    .tooltip(tooltipOf(TooltipDisplayMode.Single));
}

function stateTimelinePanel(panel: PanelSpec): PanelBuilder {
  return new statetimeline.PanelBuilder()
    .colorScheme(colorOf(FieldColorModeId.Thresholds))
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.85)
    .fillOpacity(85)
    .legend(legendOf(panel))
    .tooltip(tooltipOf(TooltipDisplayMode.Single));
}

function barchartPanel(panel: PanelSpec): PanelBuilder {
  return new barchart.PanelBuilder()
    .colorScheme(colorOf(FieldColorModeId.PaletteClassicByName))
    .xField(panel.xField ?? '')
    .stacking(stackingOf(panel.draw))
    .showValue(VisibilityMode.Auto)
    .xTickLabelRotation(-45)
    .xTickLabelMaxLength(12)
    .fillOpacity(85)
    .legend(legendOf(panel))
    .tooltip(tooltipOf(TooltipDisplayMode.Multi));
}

function bargaugePanel({ reduce = 'lastNotNull' }: PanelSpec): PanelBuilder {
  return new bargauge.PanelBuilder()
    .colorScheme(colorOf(FieldColorModeId.Fixed, 'blue'))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs([reduce]))
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .namePlacement(BarGaugeNamePlacement.Left)
    .valueMode(BarGaugeValueMode.Text);
}

function xychartPanel(panel: PanelSpec): PanelBuilder {
  return new xychart.PanelBuilder()
    .colorScheme(colorOf(FieldColorModeId.PaletteClassicByName))
    .show(xychart.XYShowMode.Points)
    .pointSize({ fixed: 9 })
    .mapping(xychart.SeriesMapping.Auto)
    .series([new xychart.XYSeriesConfigBuilder().x(byName(panel.xField)).y(byName(panel.yField))])
    .legend(legendOf(panel))
    .tooltip(tooltipOf(TooltipDisplayMode.Single));
}

function byName(name = ''): { matcher: xychart.MatcherConfig } {
  return { matcher: { id: 'byName', options: name } };
}
