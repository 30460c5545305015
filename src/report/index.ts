/** Reports: text tables, SVG charts and offline HTML pages, all from strings and numbers. */
export { type BarChartOptions, type BarRow, barChart } from './barChart.js';
export { demoHeadline, demoReport } from './demoReport.js';
export type { DemoResult, EpochSeries } from './demoResult.js';
export { type HeatMapOptions, heatMap } from './heatMap.js';
export { type Line, type LineChartOptions, lineChart, type Phase, type Reference } from './lineChart.js';
export {
  codeBlock,
  factList,
  figure,
  htmlTable,
  type PageOptions,
  type PageSection,
  page,
  paragraph,
  type Tile,
} from './page.js';
export { microsTick, percentTick, plainTick, ratioTick, type TickFormat } from './scale.js';
export type { ChartAxis, Tone } from './svg.js';
export {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicros,
  formatPercent,
  formatRatio,
  type TableOptions,
  table,
} from './table.js';
