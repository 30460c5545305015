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
}

/** What summary() returns; `toString()` is the table. */
export interface Summary {
  readonly layers: readonly SummaryLayer[];
  readonly parameters: number;
  readonly live: number;
  readonly sparsity: number;
  toString(): string;
}

function row({ name, outputShape, parameters, live, sparsity }: SummaryLayer): string[] {
  const shape = outputShape.length > 0 ? showShape(outputShape) : '';
  return [
    name,
    shape,
    String(parameters),
    String(live),
    parameters === 0 ? '' : `${(sparsity * 100).toFixed(2)} %`,
  ];
}

/** Counts parameters layer by layer; `parameters` are those of the graph, in its order. */
export function summarize(graph: Graph, parameters: readonly Parameter[]): Summary {
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
  });
  const layers = graph.nodes.map((node) => {
    const own = parameters.slice(next, next + node.parameters.length);
    next += node.parameters.length;
    return count(node.name, node.outputShape, own);
  });
  const total = count('total', [], parameters);
  const rows = [['layer', 'output', 'parameters', 'live', 'sparsity'], ...[...layers, total].map(row)];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const text = rows.map(line).join('\n');
  const { parameters: all, live, sparsity } = total;
  return { layers, parameters: all, live, sparsity, toString: () => text };
}
