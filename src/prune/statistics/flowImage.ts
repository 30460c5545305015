/** An image of doubles among zeros, and where the windows of a convolution lie in it. */
import type { GraphNode } from '../../graph/graph.js';
import { conv2dGeometry } from '../../layers/conv2d.js';
import { columnOffsets, layoutOf, pixelPanels, type WindowLayout } from '../../layers/windows.js';
import type { Block } from '../../runtime/block.js';
import type { Room } from './room.js';

/** Lists are made for pixels of eight floats; here a pixel is a double, a quarter of that. */
const LANES = 8;
const quarter = (bytes: number) => bytes / 4;

function listed(room: Room, list: Uint32Array): Block {
  const block = room.allocate(list.length * 4);
  block.u32(list.length).set(list);
  return block;
}

/** Room for [channels, height, width] with the zeros around that windows read. */
export class FlowImage {
  /** Windows, and bytes of the channels of one group. */
  readonly pixels: number;
  readonly groupBytes: number;
  readonly #layout: WindowLayout;
  readonly #room: Room;
  readonly #offsets: Block;
  readonly #bases: Block;
  readonly #image: Block;

  /** `channels` are those of one group. */
  constructor(room: Room, node: GraphNode, channels: number) {
    const layout = layoutOf(conv2dGeometry(node.spec, node.inputShape), LANES);
    const bases = pixelPanels(layout).filter((_, i) => i % 2 === 0);
    this.pixels = bases.length;
    this.groupBytes = quarter(layout.channelBytes) * channels;
    this.#layout = layout;
    this.#room = room;
    this.#offsets = listed(room, columnOffsets(layout, channels).map(quarter));
    this.#bases = listed(room, bases.map(quarter));
    this.#image = room.doubles(this.#length);
  }

  get #length(): number {
    const { geometry, stagedHeight, stagedWidth } = this.#layout;
    return geometry.channels * stagedHeight * stagedWidth;
  }

  /** Byte addresses of the image and of the lists of windows: their values, and where they begin. */
  get address(): number {
    return this.#image.address;
  }

  get offsets(): number {
    return this.#offsets.address;
  }

  get bases(): number {
    return this.#bases.address;
  }

  #values(): Float64Array {
    return new Float64Array(this.#room.memory.buffer, this.address, this.#length);
  }

  /** Calls `copy` for every row: where it begins in the image, and among zeros. */
  #eachRow(copy: (inner: number, outer: number) => void): void {
    const { geometry: g, stagedHeight, stagedWidth } = this.#layout;
    for (let row = 0; row < g.channels * g.height; row++) {
      const outer = Math.floor(row / g.height) * stagedHeight + (row % g.height) + g.top;
      copy(row * g.width, outer * stagedWidth + g.left);
    }
  }

  clear(): void {
    this.#values().fill(0);
  }

  write(values: Float64Array): void {
    const { width } = this.#layout.geometry;
    const all = this.#values();
    this.#eachRow((inner, outer) => all.set(values.subarray(inner, inner + width), outer));
  }

  read(): Float64Array {
    const { channels, height, width } = this.#layout.geometry;
    const [all, values] = [this.#values(), new Float64Array(channels * height * width)];
    this.#eachRow((inner, outer) => values.set(all.subarray(outer, outer + width), inner));
    return values;
  }
}
