/** The network compiled for one width of a tile: steps over two activation buffers. */
import type { GraphNode } from '../graph/graph.js';
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
import type { Op } from './lower.js';
import type { Choice } from './planner.js';
import { productFormats } from './products/index.js';
import type { Product } from './products/product.js';

/** One kernel call: from buffer x to buffer y, or in place. */
export interface Step {
  readonly node: GraphNode;
  /** Null for steps without a weight. */
  readonly product: Product | null;
  readonly choice: Choice | null;
  /** How many weights each input meets. */
  readonly columnCounts: Uint32Array | null;
  readonly inPlace: boolean;
  run(x: number, y: number, tiles: number): void;
}

/** Everything that tiles of one width go through. */
export interface Program {
  readonly lanes: number;
  readonly steps: readonly Step[];
  readonly blocks: readonly Block[];
}

function elementwise({ kernels }: Engine, node: GraphNode, size: number, lanes: number): Step {
  // One object for all calls: a copy for each costs more than the kernel over a single sample.
  const call = { kernels, x: 0, y: 0, tiles: 0, lanes, inputs: size, outputs: size, parameters: [], low: 0 };
  return {
    node,
    product: null,
    choice: null,
    columnCounts: null,
    inPlace: true,
    run(x, y, tiles) {
      call.x = x;
      call.y = y;
      call.tiles = tiles;
      node.type.forward(call, node.spec);
    },
  };
}

/** Compiles all operations; `choices` has one entry for every product, in order. */
export function compileProgram(
  engine: Engine,
  ops: readonly Op[],
  lanes: number,
  choices: readonly Choice[],
): Program {
  const steps: Step[] = [];
  let next = 0;
  for (const op of ops) {
    if (op.kind === 'elementwise') {
      steps.push(elementwise(engine, op.node, op.size, lanes));
      continue;
    }
    const choice = choices[next++]!;
    const { weight, bias, low, node } = op;
    const product = productFormats[choice.format].compile(engine, { weight, bias, lanes, low });
    const run = product.run.bind(product);
    steps.push({ node, product, choice, columnCounts: weight.columnCounts, inPlace: false, run });
  }
  return { lanes, steps, blocks: steps.flatMap(({ product }) => product?.blocks ?? []) };
}
