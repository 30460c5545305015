/** Operations as products and the links between them: what a simplification works on. */
import { upTo } from '../csr.js';
import type { ElementwiseOp, ProductOp } from '../ops.js';

/** The features between two products: inputs of the network, units of a hidden layer, or outputs. */
export interface Link {
  /** Features in the operations as they were given. */
  readonly size: number;
  /** What happens to the features on their way to the next product. */
  readonly elementwise: readonly ElementwiseOp[];
  /** True when every feature must stay. */
  readonly fixed: boolean;
  /** Features that stay, ascending; shrinks. */
  live: Uint32Array;
  /** Features that no weight reads, and hidden units that never vary: counts of those that went. */
  unread: number;
  constant: number;
}

/** Product i reads links[i] (its columns) and writes links[i + 1] (its rows). */
export interface Chain {
  readonly products: readonly ProductOp[];
  /** One more than there are products. */
  readonly links: readonly Link[];
  /** Bias of each product [rows], or null; replaced, never written to. */
  readonly biases: (Float32Array | null)[];
}

/** True for the single unit of zeros that stands where all units of a layer went: it may not go, and need not. */
function standsForNone(before: ProductOp, after: ProductOp): boolean {
  return before.weight.rows === 1 && before.bias === null && before.weight.nnz + after.weight.nnz === 0;
}

/** An operation of a chain: each takes what the one before it gives. */
export type ChainOp = ProductOp | ElementwiseOp;

/** Splits operations at their products; `inner` when what they take is made by others and must stay. */
export function chainOf(ops: readonly ChainOp[], inner = false): Chain {
  const products: ProductOp[] = [];
  const between: ElementwiseOp[][] = [[]];
  for (const op of ops) {
    if (op.kind === 'elementwise') {
      between.at(-1)!.push(op);
    } else {
      products.push(op);
      between.push([]);
    }
  }
  const links = between.map((elementwise, i): Link => {
    const [before, after] = [products[i - 1], products[i]];
    const size = after?.weight.cols ?? before?.weight.rows ?? 0;
    const fixed =
      after === undefined ||
      (inner && before === undefined) ||
      elementwise.some(({ node }) => node.type.couplesUnits === true) ||
      (before !== undefined && standsForNone(before, after));
    return { size, elementwise, fixed, live: upTo(size), unread: 0, constant: 0 };
  });
  return { products, links, biases: products.map(({ bias }) => bias) };
}

/** Features that a link has in the end: no shape may be 0. */
export function sizeLeft({ live }: Link): number {
  return Math.max(1, live.length);
}
