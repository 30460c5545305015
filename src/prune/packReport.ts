/** Reports of rounds to plain data and back, for checkpoints. */
import {
  type CheckpointValue,
  countOf,
  fieldsOf,
  listOf,
  numberOf,
  refuse,
  wordsOf,
} from '../train/checkpoint/read.js';
import { readHistory } from '../train/checkpoint/readHistory.js';
import type { Metrics } from '../train/evaluate.js';
import type { TensorReport } from './census.js';
import type { Cut } from './cut.js';
import type { RoundReport } from './report.js';

function textOf(what: string, value: unknown): string {
  if (typeof value !== 'string') refuse(what, value);
  return value;
}

const numbersOf = (what: string, value: unknown) => listOf(what, value).map((entry) => numberOf(what, entry));

/** A round of a report. */
export function packRound({
  layers,
  guarded,
  pruned,
  retrained,
  history,
  ...figures
}: RoundReport): CheckpointValue {
  return {
    ...figures,
    layers: layers.map((layer) => ({ ...layer })),
    guarded: [...guarded],
    ...(pruned && { pruned: { ...pruned } }),
    ...(retrained && { retrained: { ...retrained } }),
    ...(history && { history: { ...history } }),
  };
}

/** Loss and accuracy. */
export function readMetrics(value: unknown): Metrics {
  const { loss, accuracy } = fieldsOf('metrics', value);
  return { loss: numberOf('loss', loss), accuracy: numberOf('accuracy', accuracy) };
}

function readLayer(value: unknown): TensorReport {
  const { name, weights, live, sparsity } = fieldsOf('layer', value);
  return {
    name: textOf('layer', name),
    weights: countOf('weights', weights),
    live: countOf('live', live),
    sparsity: numberOf('sparsity', sparsity),
  };
}

/** Inverse of packRound(). Throws FormatError. */
export function readRound(value: unknown): RoundReport {
  const fields = fieldsOf('round', value);
  const { pruned, retrained, history } = fields;
  return {
    round: countOf('round', fields.round),
    asked: numberOf('asked', fields.asked),
    reached: numberOf('reached', fields.reached),
    layers: listOf('layers', fields.layers).map(readLayer),
    guarded: listOf('guarded', fields.guarded).map((name) => textOf('guarded', name)),
    ...(pruned !== undefined && { pruned: readMetrics(pruned) }),
    ...(retrained !== undefined && { retrained: readMetrics(retrained) }),
    ...(history !== undefined && { history: readHistory(history, Number.MAX_SAFE_INTEGER) }),
  };
}

/** What one round did to one tensor. */
export function packCut({ histogram, ...cut }: Cut): CheckpointValue {
  const { edges, kept, pruned } = histogram;
  return { ...cut, histogram: { edges: [...edges], kept: [...kept], pruned: [...pruned] } };
}

/** Inverse of packCut(). Throws FormatError. */
export function readCut(value: unknown): Cut {
  const { name, columns, threshold, positions, scores, histogram } = fieldsOf('cut', value);
  const { edges, kept, pruned } = fieldsOf('histogram', histogram);
  const places = wordsOf('positions', positions);
  if (!(scores instanceof Float32Array) || scores.length !== places.length) refuse('scores', scores);
  return {
    name: textOf('cut', name),
    columns: countOf('columns', columns),
    threshold: threshold === null ? null : numberOf('threshold', threshold),
    positions: places,
    scores,
    histogram: {
      edges: numbersOf('histogram', edges),
      kept: numbersOf('histogram', kept),
      pruned: numbersOf('histogram', pruned),
    },
  };
}
