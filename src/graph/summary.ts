/** A model as a table. */
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, showShape } from '../tensor/shape.js';
import type { Graph } from './graph.js';

/** One layer of a summary. */
export interface SummaryLayer {
  readonly name: string;
  readonly outputShape: Shape;
  /** Weights and biases. */
  readonly parameters: number;
  /** Of these, those that are not pruned. */
  readonly live: number;
  /** Share of pruned weights, biases aside. */
  readonly sparsity: number;
  /** How the weight is stored while it trains; empty without one. */
  readonly storage: string;
  /** Bytes of weights, biases and the moments of optimizers, with what tells which weights are live. */
  readonly bytes: number;
}

/** What summary() returns; `toString()` is the table. */
export interface Summary {
  readonly layers: readonly SummaryLayer[];
  readonly parameters: number;
  readonly live: number;
  readonly sparsity: number;
  readonly bytes: number;
  /** Of the last epoch that was trained, or null. */
  readonly samplesPerSecond: number | null;
  toString(): string;
}

const header = ['layer', 'output', 'storage', 'parameters', 'live', 'sparsity', 'bytes'];
/** Columns of words; the others are numbers. */
const WORDS = 3;

function row({ name, outputShape, parameters, live, sparsity, storage, bytes }: SummaryLayer): string[] {
  const shape = outputShape.length > 0 ? showShape(outputShape) : '';
  const share = parameters === 0 ? '' : `${(sparsity * 100).toFixed(2)} %`;
  return [
    name,
    shape,
    storage,
    String(parameters),
    String(live),
    share,
    parameters === 0 ? '' : String(bytes),
  ];
}

/** Counts parameters layer by layer; `parameters` are those of the graph, in its order. */
export function summarize(
  graph: Graph,
  parameters: readonly Parameter[],
  samplesPerSecond: number | null,
): Summary {
  let next = 0;
  const share = (weights: readonly Parameter[]) => {
    const prunable = weights.filter((weight) => weight.prunable);
    const total = prunable.reduce((sum, weight) => sum + weight.length, 0);
    return total === 0 ? 0 : 1 - prunable.reduce((sum, weight) => sum + weight.live, 0) / total;
  };
  const count = (name: string, outputShape: Shape, own: readonly Parameter[]): SummaryLayer => ({
    name,
    outputShape,
    parameters: own.reduce((sum, parameter) => sum + parameter.length, 0),
    live: own.reduce((sum, parameter) => sum + parameter.live, 0),
    sparsity: share(own),
    storage: name === 'total' ? '' : (own.find(({ prunable }) => prunable)?.format ?? ''),
    bytes: own.reduce((sum, parameter) => sum + parameter.bytes, 0),
  });
  const layers = graph.nodes.map((node) => {
    const own = parameters.slice(next, next + node.parameters.length);
    next += node.parameters.length;
    return count(node.name, node.outputShape, own);
  });
  const total = count('total', [], parameters);
  const rows = [header, ...[...layers, total].map(row)];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i < WORDS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const rate = samplesPerSecond === null ? [] : [`last epoch: ${Math.round(samplesPerSecond)} samples/s`];
  const text = [...rows.map(line), ...rate].join('\n');
  const { parameters: all, live, sparsity, bytes } = total;
  const figures = { layers, parameters: all, live, sparsity, bytes, samplesPerSecond };
  // Not enumerable: console.log() shows figures.
  return Object.defineProperty(figures, 'toString', { value: () => text });
}
