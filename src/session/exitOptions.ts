/** Where a network may answer early: options and their checks. */
import { OptionError, ShapeError } from '../errors.js';
import { endsInSoftmax } from '../graph/graph.js';
import { expectNetwork, type Network, type NetworkSource } from '../graph/network.js';
import { cutAfter } from '../graph/slice.js';
import { expectNumber, expectOptions, show } from '../options.js';
import { sizeOf } from '../tensor/shape.js';
import type { SessionOptions } from './options.js';

/** A place where a network may answer before its end. */
export interface Exit<Head = NetworkSource> {
  /** Name of the layer, such as `relu1`, whose activations the head takes. */
  readonly after: string;
  /** Gives class scores from them, as trainExit() makes it: as many as the network has outputs, after softmax if it ends so. */
  readonly head: Head;
  /**
   * A sample is answered by the head when the largest of its softmax probabilities is more than this above the second largest;
   * in [0, 1]. With 0 all but ties leave here, with 1 none does.
   */
  readonly margin: number;
}

/** Options of createExitSession and loadExitSession. */
export interface ExitSessionOptions<Head = NetworkSource> extends SessionOptions {
  /** At least one, in the order of the network. */
  readonly exits: readonly Exit<Head>[];
}

/** An exit in its place. */
export interface PlacedExit {
  readonly after: string;
  /** Index of that layer. */
  readonly at: number;
  readonly head: Network;
  readonly margin: number;
}

/** Throws OptionError unless `exits` is a list of at least one exit, whatever its heads are. */
export function expectExits<Head>(where: string, exits: readonly Exit<Head>[]): void {
  if (!Array.isArray(exits) || exits.length === 0) {
    throw new OptionError(`${where}: exits must be a list of at least one exit, got ${show(exits)}`);
  }
  exits.forEach((exit: Exit<Head>, i) => {
    expectOptions(`${where}: exits[${i}]`, exit, ['after', 'head', 'margin']);
    expectNumber(`${where}: exits[${i}]`, 'margin', exit.margin, 0, 1);
  });
}

/** Puts exits in their places. Throws OptionError or ShapeError where one does not fit the network or comes out of order. */
export function placeExits(where: string, network: Network, exits: readonly Exit<Network>[]): PlacedExit[] {
  const { graph } = network;
  const classes = sizeOf(graph.outputShape);
  if (classes < 2) {
    throw new ShapeError(`${where}: a network with exits must have at least 2 outputs, got ${classes}`);
  }
  const ends = endsInSoftmax(graph);
  let last = -1;
  return exits.map(({ after, head, margin }, i) => {
    const own = `${where}: exits[${i}]`;
    const at = cutAfter(own, graph, after);
    if (at <= last)
      throw new OptionError(`${own}: exits must come in the order of the network, got ${after}`);
    last = at;
    expectNetwork(head);
    const [takes, gives] = [sizeOf(head.graph.inputShape), sizeOf(head.graph.outputShape)];
    const given = sizeOf(graph.nodes[at]!.outputShape);
    if (takes !== given || gives !== classes) {
      throw new ShapeError(
        `${own}: head must take ${given} values and give ${classes}, got one from ${takes} to ${gives}`,
      );
    }
    if (endsInSoftmax(head.graph) !== ends) {
      const not = ends ? '' : ' not';
      throw new OptionError(`${own}: head must${not} end in softmax, as the network does${not}`);
    }
    return { after, at, head, margin };
  });
}
