/** Scores of the weights of a model by a criterion, checked. */
import { DataError, ShapeError } from '../errors.js';
import { batchNormBehind } from '../graph/normBehind.js';
import { parameterPositions } from '../graph/units.js';
import type { Block } from '../runtime/block.js';
import type { Parameter } from '../tensor/parameter.js';
import { entriesOf } from '../tensor/values.js';
import type { Trainable } from '../train/trainable.js';
import type { Criterion } from './criteria/index.js';
import { returned } from './returned.js';
import type { WeightStatistics } from './statistics/index.js';

/** A weight with its place among the parameters of its model. */
export interface PrunableWeight {
  readonly parameter: Parameter;
  readonly index: number;
}

/** Scores of one weight. */
export interface WeightScores extends PrunableWeight {
  /** Of the weights at `positions`, or of all, row-major; of the units when the criterion scores those. */
  readonly scores: Float32Array;
  /** Stored weights, row-major positions; null when scores are those of all. */
  readonly positions: Uint32Array | null;
  /** One byte a weight, 0 where pruned; null while nothing is, and with positions. */
  readonly live: Uint8Array | null;
}

/** What scores are asked for. */
export interface Scoring {
  readonly criterion: Criterion;
  readonly statistics: ReadonlyMap<number, Partial<WeightStatistics>>;
  readonly seed: number;
  /** Asked share of zeros, for criteria that must know. */
  readonly share: (weight: PrunableWeight) => number;
  /** True for scores of all weights, however they are stored. */
  readonly whole: boolean;
  /** Long work reports here, in rows of a tensor. */
  readonly onProgress?: (phase: string, done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What scoring asks of a model. */
type Scored = Pick<Trainable, 'engine' | 'kernels' | 'graph' | 'parameters'>;

/** Prunable parameters of a model. */
export function weightsOf({ parameters }: Pick<Trainable, 'parameters'>): Parameter[] {
  return parameters.filter((parameter) => parameter.prunable);
}

/** What a criterion is given of a weight, and where what it returns belongs: at positions, or everywhere. */
function viewOf(parameter: Parameter, criterion: Criterion) {
  const stored = parameter.values();
  if (stored.format === 'dense') return { weight: stored.values, mask: stored.mask, positions: null };
  if (criterion.elementwise) {
    return { weight: stored.values, mask: null, positions: entriesOf(stored).positions };
  }
  return { weight: parameter.read(), mask: parameter.readMask(), positions: null };
}

/** Scores of some positions among zeros. */
function laidOut(scores: Float32Array, positions: Uint32Array, length: number): Float32Array {
  const all = new Float32Array(length);
  positions.forEach((at, i) => {
    all[at] = scores[i]!;
  });
  return all;
}

function expectScores(name: string, scores: unknown, length: number): Float32Array {
  if (!(scores instanceof Float32Array) || scores.length !== length) {
    throw new ShapeError(
      `prune: scores of ${name} must be a Float32Array of ${length}, got ${returned(scores)}`,
    );
  }
  const at = scores.findIndex(Number.isNaN);
  if (at >= 0) throw new DataError(`prune: scores of ${name} must be numbers, got NaN at ${at}`);
  return scores;
}

/** Scales of the batch normalization behind a layer, by the position of its weight. */
function scalesBehind({ graph, parameters }: Scored, index: number): Float32Array | undefined {
  const positions = parameterPositions(graph);
  const node = graph.nodes.find((each) => positions[each.index]!.includes(index));
  const norm = node && batchNormBehind(graph, node);
  return norm && parameters[positions[norm.index]![0]!]!.read();
}

/** Scores of one weight; `scratch` has room for its stored values. */
async function scoreWeight(
  model: Scored,
  entry: PrunableWeight,
  { criterion, statistics, seed, share, whole, onProgress, signal }: Scoring,
  scratch: Block,
): Promise<WeightScores> {
  const { parameter, index } = entry;
  const { name, shape, length, rows } = parameter;
  const { weight, mask, positions } = viewOf(parameter, criterion);
  const scales = criterion.scores === 'units' ? scalesBehind(model, index) : undefined;
  const given = await criterion({
    name,
    shape,
    groups: parameter.spec.groups ?? 1,
    weight,
    mask,
    seed,
    parameter,
    engine: model.engine,
    kernels: model.kernels,
    scratch,
    statistics: statistics.get(index) ?? {},
    share: share(entry),
    onProgress: (done, total) => onProgress?.(`scoring ${name}`, done, total),
    ...(scales && { scales }),
    ...(signal && { signal }),
  });
  if (criterion.scores === 'units') {
    return { parameter, index, scores: expectScores(name, given, rows), positions: null, live: mask };
  }
  const scores = expectScores(name, given, weight.length);
  if (whole || parameter.format === 'dense') {
    const all = positions ? laidOut(scores, positions, length) : scores;
    return { parameter, index, scores: all, positions: null, live: mask ?? parameter.readMask() };
  }
  const stored = parameter.values();
  const at = positions ?? (stored.format === 'dense' ? null : entriesOf(stored).positions);
  const kept = positions || !at ? scores : Float32Array.from(at, (place) => scores[place]!);
  return { parameter, index, scores: kept, positions: at, live: null };
}

/**
 * Scores of some weights, whose sparse storage must be rows; nothing changes. Throws ShapeError or DataError for what a
 * criterion must not return.
 */
export async function scoreWeights(
  model: Scored,
  weights: readonly PrunableWeight[],
  scoring: Scoring,
): Promise<WeightScores[]> {
  const floats = Math.max(1, ...weights.map(({ parameter }) => parameter.count));
  const scratch = model.engine.memory.allocate(4 * floats);
  try {
    const scores: WeightScores[] = [];
    for (const weight of weights) scores.push(await scoreWeight(model, weight, scoring, scratch));
    return scores;
  } finally {
    scratch.free();
  }
}
