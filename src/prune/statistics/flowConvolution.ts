import type { GraphNode } from '../../graph/graph.js';
import type { Block } from '../../runtime/block.js';
import type { Parameter } from '../../tensor/parameter.js';
import { FlowImage } from './flowImage.js';
import type { FlowBench, FlowStep } from './flowStep.js';
import { readDoubles, writeDoubles } from './room.js';

/** Windows that are looked at together. */
const CHUNK = 256;

/** Byte addresses for some windows of a group. */
interface Part {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly g: number;
  readonly bases: number;
  readonly count: number;
}

/** A convolution with |W|, group by group, some windows at a time. */
export class ConvolutionStep implements FlowStep {
  readonly #kernels: FlowBench['kernels'];
  readonly #parameter: Parameter;
  readonly #groups: number;
  /** Filters of a group. */
  readonly #rows: number;
  readonly #image: FlowImage;
  readonly #weights: Block;
  readonly #windows: Block;
  readonly #outputs: Block;
  readonly #flow: Block;

  constructor({ kernels, room }: FlowBench, { node, parameter }: { node: GraphNode; parameter: Parameter }) {
    const { rows, cols, length, shape, storage } = parameter;
    this.#kernels = kernels;
    this.#parameter = parameter;
    this.#groups = node.spec.groups as number;
    this.#rows = rows / this.#groups;
    this.#image = new FlowImage(room, node, shape[1]!);
    this.#weights = room.allocate(length * 4, false);
    this.#windows = room.doubles(Math.min(CHUNK, this.#image.pixels) * cols);
    this.#outputs = room.doubles(rows * this.#image.pixels);
    this.#flow = room.doubles(length);
    storage.toDense(this.#weights.address, parameter.address);
  }

  #each(work: (part: Part) => void): void {
    const { pixels, address, groupBytes, bases } = this.#image;
    const weights = this.#rows * this.#parameter.cols; // of a group
    for (let group = 0; group < this.#groups; group++) {
      for (let first = 0; first < pixels; first += CHUNK) {
        work({
          x: address + group * groupBytes,
          y: this.#outputs.address + (group * this.#rows * pixels + first) * 8,
          w: this.#weights.address + group * weights * 4,
          g: this.#flow.address + group * weights * 8,
          bases: bases + first * 4,
          count: Math.min(CHUNK, pixels - first),
        });
      }
    }
  }

  forward(x: Float64Array): Float64Array {
    const { pixels, offsets } = this.#image;
    const { rows, cols } = this.#parameter;
    const windows = this.#windows.address;
    this.#image.write(x);
    this.#each(({ x, y, w, bases, count }) => {
      this.#kernels.flow_windows_f64(windows, x, offsets, bases, cols, count);
      this.#kernels.flow_forward_f64(y, w, windows, this.#rows, cols, count, pixels);
    });
    return readDoubles(this.#outputs, rows * pixels);
  }

  backward(dy: Float64Array): Float64Array {
    const { pixels, offsets } = this.#image;
    const { cols } = this.#parameter;
    const windows = this.#windows.address;
    writeDoubles(this.#outputs, dy);
    this.#image.clear();
    this.#each(({ x, y, w, bases, count }) => {
      this.#kernels.flow_backward_f64(windows, w, y, this.#rows, cols, count, pixels);
      this.#kernels.flow_fold_f64(x, windows, offsets, bases, cols, count);
    });
    const dx = this.#image.read();
    this.#image.clear(); // what flowed into the zeros around
    return dx;
  }

  weights(x: Float64Array, dy: Float64Array, scale: number): Float64Array {
    const { pixels, offsets } = this.#image;
    const { cols, length } = this.#parameter;
    const windows = this.#windows.address;
    this.#image.write(x);
    writeDoubles(this.#outputs, dy);
    writeDoubles(this.#flow, new Float64Array(length));
    this.#each(({ x, y, g, bases, count }) => {
      this.#kernels.flow_windows_f64(windows, x, offsets, bases, cols, count);
      this.#kernels.flow_weights_f64(g, y, windows, this.#rows, cols, count, pixels, scale);
    });
    return readDoubles(this.#flow, length);
  }
}
