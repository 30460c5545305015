/** What is left of a pruned network: weights and biases that its outputs depend on through live connections. */
import type { Sequential } from '../../src/index.js';

/** Counts; weights by layer, units from the inputs on to the outputs. */
export interface LiveParameters {
  /** Weights between live units. */
  readonly weights: readonly number[];
  /** Live inputs, live units of every hidden layer, outputs. */
  readonly units: readonly number[];
  /** Of live hidden units and of all outputs. */
  readonly biases: number;
  /** Weights and biases. */
  readonly total: number;
}

interface Layer {
  readonly mask: Uint8Array | null;
  readonly rows: number;
  readonly cols: number;
  /** Columns of one unit: the area of a kernel, the pixels of a channel behind flatten. */
  readonly stride: number;
}

const countOf = (flags: Uint8Array) => flags.reduce((sum, flag) => sum + flag, 0);

/** Calls `use` for every weight that is not pruned and lies between units that are on. */
function eachLive(
  { mask, rows, cols, stride }: Layer,
  from: Uint8Array,
  to: Uint8Array,
  use: (row: number, col: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    if (to[row] === 0) continue;
    for (let col = 0; col < cols; col++) {
      if (from[Math.floor(col / stride)] === 1 && (!mask || mask[row * cols + col] === 1))
        use(row, Math.floor(col / stride));
    }
  }
}

/**
 * Counts what is live in a chain of dense layers and convolutions. A hidden unit without a live incoming weight is a constant, which folds into
 * the next biases, and one without a live outgoing weight is not read: both are dead, and so in turn is what only they need.
 */
export function liveParameters(model: Pick<Sequential, 'parameters'>): LiveParameters {
  const parameters = model.parameters.filter(({ prunable }) => prunable);
  const [first] = parameters;
  // Channels are the units of images, numbers those of lists.
  const inputs = first!.shape.length === 2 ? first!.cols : first!.shape[1]!;
  const sizes = [inputs, ...parameters.map(({ rows }) => rows)];
  const layers = parameters.map((weight, l): Layer => {
    const { rows, cols } = weight;
    return { mask: weight.readMask(), rows, cols, stride: cols / sizes[l]! };
  });
  const on = sizes.map((size) => new Uint8Array(size).fill(1));
  let before: number;
  let now = sizes.reduce((sum, size) => sum + size, 0);
  do {
    before = now;
    const fed = sizes.map((size, i) => new Uint8Array(size).fill(i === 0 ? 1 : 0));
    const read = sizes.map((size, i) => new Uint8Array(size).fill(i === layers.length ? 1 : 0));
    layers.forEach((layer, l) => {
      eachLive(layer, on[l]!, on[l + 1]!, (row, col) => {
        fed[l + 1]![row] = 1;
        read[l]![col] = 1;
      });
    });
    fed[layers.length]!.fill(1);
    on.forEach((flags, i) => {
      for (let unit = 0; unit < flags.length; unit++) flags[unit]! &= fed[i]![unit]! & read[i]![unit]!;
    });
    now = on.reduce((sum, flags) => sum + countOf(flags), 0);
  } while (now < before);
  const weights = layers.map((layer, l) => {
    let count = 0;
    eachLive(layer, on[l]!, on[l + 1]!, () => count++);
    return count;
  });
  const units = on.map(countOf);
  const biases = units.slice(1).reduce((sum, count) => sum + count, 0);
  return { weights, units, biases, total: weights.reduce((sum, count) => sum + count, biases) };
}
