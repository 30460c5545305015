/** A network cut at its exits, every part compiled. */
import { endsInSoftmax } from '../graph/graph.js';
import type { Network } from '../graph/network.js';
import { sliceNetwork } from '../graph/slice.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import type { PlacedExit } from './exitOptions.js';
import { Margins } from './margins.js';
import type { SessionOptions } from './options.js';
import { Session } from './session.js';

/** Samples that go through the parts together: many, so that those left over fill tiles again. */
export const MOST_TOGETHER = 1024;

/** Room for the outputs of a part, kept between calls. */
class Scratch {
  readonly #width: number;
  #values = new Float32Array(0);

  constructor(width: number) {
    this.#width = width;
  }

  /** [samples, width]; the same memory each time. */
  of(samples: number): Float32Array {
    const length = samples * this.#width;
    if (this.#values.length < length) this.#values = new Float32Array(length);
    return this.#values.length === length ? this.#values : this.#values.subarray(0, length);
  }
}

/** What decides at an exit. */
export interface Head {
  readonly head: Session;
  readonly scores: Scratch;
  readonly margins: Margins;
}

/** Layers up to an exit, or to the end. */
export interface Part {
  readonly body: Session;
  readonly width: number;
  readonly outputs: Scratch;
  /** Null at the end. */
  readonly exit: Head | null;
}

/** Compiles the parts in order. Behind an exit, for fewer samples than a call brings as well. */
export function partsOf(
  engine: Engine,
  network: Network,
  exits: readonly PlacedExit[],
  options: Required<SessionOptions>,
): Part[] {
  const { nodes, outputShape } = network.graph;
  const classes = sizeOf(outputShape);
  const ends = [...exits.map(({ at }) => at + 1), nodes.length];
  const behindProduct = (layer: number) => nodes.slice(0, layer).some(({ type }) => type.role === 'product');
  return ends.map((end, i): Part => {
    const begin = i === 0 ? 0 : ends[i - 1]!;
    const compile = (part: Network, at: number) =>
      new Session(engine, part, { ...options, hidden: behindProduct(at), fewer: i > 0 });
    const width = sizeOf(nodes[end - 1]!.outputShape);
    const outputs = new Scratch(width);
    const body = compile(sliceNetwork(network, begin, end), begin);
    const exit = exits[i];
    if (!exit) return { body, width, outputs, exit: null };
    const margins = new Margins(engine, classes, MOST_TOGETHER, !endsInSoftmax(exit.head.graph));
    return {
      body,
      width,
      outputs,
      exit: { head: compile(exit.head, end), scores: new Scratch(classes), margins },
    };
  });
}
