/** What a report on a pruned model is made from. */
import type { TradeOff } from '../bench/tradeOff.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Sequential } from '../model/index.js';
import { expectInteger, expectOptions, show } from '../options.js';
import type { MaskOverlap } from '../prune/overlap.js';
import type { PruneReport } from '../prune/report.js';
import type { Sensitivity } from '../prune/sensitivityResult.js';
import { sizeOf } from '../tensor/shape.js';

/** Content of a report. Every part may be left out, and its section is then left out as well. */
export interface ReportContent {
  /** Headline; made from the content by default. */
  readonly title?: string;
  /** A paragraph below it. */
  readonly summary?: string;
  /** What prune() returned: rounds, thresholds, histograms of scores. */
  readonly pruning?: PruneReport;
  /** Models by name, such as `{ pruned: model }`: masks, live units, live pixels. */
  readonly models?: Readonly<Record<string, Sequential>>;
  /** What sensitivity() returned. */
  readonly sensitivity?: Sensitivity;
  /** Points of curves: see tradeOff(). */
  readonly tradeOffs?: readonly TradeOff[];
  /** What maskOverlap() returned, by name. */
  readonly overlaps?: Readonly<Record<string, MaskOverlap>>;
  /** Names with their values, such as machine and date, in the last section. */
  readonly facts?: Readonly<Record<string, string>>;
  /** [rows, columns] of the image that a model reads; by its input shape by default, a square where that is possible. */
  readonly imageShape?: readonly [rows: number, columns: number];
}

const names = [
  'title',
  'summary',
  'pruning',
  'models',
  'sensitivity',
  'tradeOffs',
  'overlaps',
  'facts',
  'imageShape',
];

function expectObject(name: string, value: unknown, what: string): void {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return;
  throw new OptionError(`report: ${name} must be ${what}, got ${show(value)}`);
}

/** Throws OptionError or ShapeError for content that cannot be drawn. */
export function checkContent(content: ReportContent): void {
  expectOptions('report', content, names);
  const { models = {}, tradeOffs = [], imageShape } = content;
  expectObject('models', content.models, 'models by name');
  expectObject('overlaps', content.overlaps, 'overlaps by name');
  expectObject('facts', content.facts, 'texts by name');
  expectObject('pruning', content.pruning, 'what prune() returned');
  expectObject('sensitivity', content.sensitivity, 'what sensitivity() returned');
  if (!Array.isArray(tradeOffs)) {
    throw new OptionError(`report: tradeOffs must be a list of points, got ${show(tradeOffs)}`);
  }
  for (const [name, model] of Object.entries(models)) {
    if (typeof model?.expectLive !== 'function') {
      throw new OptionError(
        `report: models.${name} must come from sequential() or loadModel(), got ${show(model)}`,
      );
    }
    model.expectLive('report');
    if (imageShape === undefined) continue;
    const [rows, columns] = imageShape;
    const size = sizeOf(model.graph.inputShape);
    const pixels =
      expectInteger('report', 'imageShape', rows) * expectInteger('report', 'imageShape', columns);
    if (size % pixels !== 0) {
      throw new ShapeError(
        `report: imageShape must fit the ${size} inputs of ${name}, got ${rows} x ${columns}`,
      );
    }
  }
}

/** Fewer inputs than this are no image, even when they would make a square. */
const fewestPixels = 64;

/** Rows and columns of the image that a model reads, or undefined when it reads none. */
export function imageShapeOf(
  model: Sequential,
  given: ReportContent['imageShape'],
): readonly [rows: number, columns: number] | undefined {
  if (given) return given;
  const { inputShape } = model.graph;
  if (inputShape.length > 1) {
    const [rows = 0, columns = 0] = inputShape.slice(-2);
    return rows > 1 && columns > 1 ? [rows, columns] : undefined;
  }
  const side = Math.round(Math.sqrt(sizeOf(inputShape)));
  return side * side === sizeOf(inputShape) && side * side >= fewestPixels ? [side, side] : undefined;
}
