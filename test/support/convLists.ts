/** What the convolution kernels are told about a geometry. */

/** One convolution over one tile; strides, paddings and dilations are the same in both directions. */
export interface ConvShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly lanes: number;
}

/** Where everything lies. Floats unless said otherwise. */
export interface Layout {
  readonly outHeight: number;
  readonly outWidth: number;
  /** Floats of a filter's output. */
  readonly plane: number;
  /** Columns of a weight row. */
  readonly k: number;
  readonly phases: number;
  readonly stagedHeight: number;
  readonly stagedWidth: number;
  readonly stagedFloats: number;
  /** Floats of a row of output pixels. */
  readonly row: number;
}

/** Outputs along one direction; at most 0 if the kernel does not fit. */
const outputs = (size: number, kernel: number, { stride, padding, dilation }: ConvShape) =>
  Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

/** The layout of a shape; rows in phases where lanes are few and the stride is not 1. */
export function layoutOf(shape: ConvShape): Layout {
  const { channels, height, width, kernelHeight, kernelWidth, stride, padding, groups, lanes } = shape;
  const outHeight = outputs(height, kernelHeight, shape);
  const outWidth = outputs(width, kernelWidth, shape);
  const phases = lanes < 8 ? stride : 1;
  const stagedHeight = height + 2 * padding;
  const stagedWidth = Math.ceil((width + 2 * padding) / phases);
  return {
    outHeight,
    outWidth,
    plane: outHeight * outWidth * lanes,
    k: (channels / groups) * kernelHeight * kernelWidth,
    phases,
    stagedHeight,
    stagedWidth,
    stagedFloats: channels * stagedHeight * phases * stagedWidth * lanes,
    row: outWidth * lanes,
  };
}

/** Where element (c, row, X) of the staged input lies, in floats. */
function stagedPlace(
  shape: ConvShape,
  layout: Layout,
  [c, row, x]: readonly [number, number, number],
): number {
  const { phases, stagedHeight, stagedWidth } = layout;
  const line = (c * stagedHeight + row) * phases + (x % phases);
  return (line * stagedWidth + Math.floor(x / phases)) * shape.lanes;
}

/** x [channels, height, width, lanes] with its borders, in phases, `behind` zeros after it. */
export function staged(shape: ConvShape, x: Float32Array, behind = 0): Float32Array {
  const layout = layoutOf(shape);
  const { height, width, padding, lanes } = shape;
  const y = new Float32Array(layout.stagedFloats + behind);
  x.forEach((value, i) => {
    const pixel = Math.floor(i / lanes);
    const [ix, line] = [pixel % width, Math.floor(pixel / width)];
    const [iy, c] = [line % height, Math.floor(line / height)];
    y[stagedPlace(shape, layout, [c, iy + padding, ix + padding]) + (i % lanes)] = value;
  });
  return y;
}

/** Byte offset of each column (channel, ky, kx) of all channels from an output's base. */
export function offsetsOf(shape: ConvShape): Uint32Array {
  const layout = layoutOf(shape);
  const { kernelHeight, kernelWidth, dilation, channels } = shape;
  return Uint32Array.from({ length: channels * kernelHeight * kernelWidth }, (_, j) => {
    const line = Math.floor(j / kernelWidth);
    const [kx, ky] = [j % kernelWidth, line % kernelHeight];
    const c = Math.floor(line / kernelHeight);
    return 4 * stagedPlace(shape, layout, [c, ky * dilation, kx * dilation]);
  });
}

/** The base of each float of an output plane, in bytes. */
export function basesOf(shape: ConvShape): number[] {
  const layout = layoutOf(shape);
  const { stride, lanes } = shape;
  return Array.from({ length: layout.plane }, (_, i) => {
    const pixel = Math.floor(i / lanes);
    const [ox, oy] = [pixel % layout.outWidth, Math.floor(pixel / layout.outWidth)];
    return 4 * (stagedPlace(shape, layout, [0, oy * stride, ox * stride]) + (i % lanes));
  });
}

const consecutive = (bases: readonly number[]) => bases.every((base, i) => base === bases[0]! + 4 * i);

/** Beginnings of pieces of eight that cover `length`; the last may overlap the one before. */
const eights = (length: number) =>
  Array.from({ length: Math.ceil(length / 8) }, (_, i) => Math.max(0, Math.min(8 * i, length - 8)));

/** Records of ten u32 for conv_dense_f32. */
export function panelsOf(shape: ConvShape): Uint32Array {
  const all = basesOf(shape);
  const records = eights(all.length).map((first) => {
    const bases = Array.from({ length: 8 }, (_, i) => all[Math.min(first + i, all.length - 1)]!);
    if (consecutive(bases)) return [4 * first, 0, bases[0]!, 0, 0, 0, 0, 0, 0, 0];
    const halves = consecutive(bases.slice(0, 4)) && consecutive(bases.slice(4));
    if (halves) return [4 * first, 1, bases[0]!, bases[4]!, 0, 0, 0, 0, 0, 0];
    return [4 * first, 2, ...bases];
  });
  return Uint32Array.from(records.flat());
}

/** Points of eight outputs, and the rows that they are written to. */
export interface Points {
  readonly list: readonly { readonly x: number; readonly y: number }[];
  /** Floats from one output row to the next; more than `row` when rows hold less than a point. */
  readonly pitch: number;
  /** Floats of a filter's output, with what is cropped. */
  readonly plane: number;
}

/** All points of a shape; rows of less than eight floats are written with a pitch of eight, and cropped afterwards. */
export function pointsOf(shape: ConvShape): Points {
  const { row, outHeight } = layoutOf(shape);
  const bases = basesOf(shape);
  if (row < 8) {
    const list = Array.from({ length: outHeight }, (_, oy) => ({ x: bases[oy * row]!, y: 32 * oy }));
    return { list, pitch: 8, plane: outHeight * 8 };
  }
  const list: { x: number; y: number }[] = [];
  for (let first = 0, end = 1; first < bases.length; first = end++) {
    while (end < bases.length && bases[end] === bases[end - 1]! + 4) end++;
    for (const i of eights(end - first)) list.push({ x: bases[first + i]!, y: 4 * (first + i) });
  }
  return { list, pitch: row, plane: bases.length };
}

/** Points as conv_csr_f32 reads them: fours, then what is left. */
export function fourPointsOf({ list }: Points): { records: Uint32Array; fours: number; ones: number } {
  const fours = Math.floor(list.length / 4);
  const records: number[] = [];
  for (let i = 0; i < 4 * fours; i += 4) {
    const four = list.slice(i, i + 4);
    records.push(...four.map(({ x }) => x), ...four.map(({ y }) => y));
  }
  const rest = list.slice(4 * fours);
  records.push(...rest.flatMap(({ x, y }) => [x, y]));
  return { records: Uint32Array.from(records), fours, ones: rest.length };
}

/** Points as conv_block2_f32 reads them, two a record; an odd one stands twice. */
export function pairPointsOf({ list }: Points): Uint32Array {
  const records: number[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [a, b] = [list[i]!, list[i + 1] ?? list[i]!];
    records.push(a.x, b.x, a.y, b.y);
  }
  return Uint32Array.from(records);
}

/** Bit patterns of floats, to lie beside offsets in one array. */
const bits = (values: ArrayLike<number>) => [...new Uint32Array(Float32Array.from(values).buffer)];

/** Entries of conv_csr_f32 in that many parts of the columns, one after the other, and where the rows of each end. */
export function partsOf(shape: ConvShape, w: Float32Array, parts: number) {
  const { k } = layoutOf(shape);
  const one = Array.from({ length: parts }, (_, part) => {
    const inside = (j: number) => Math.floor((j * parts) / k) === part;
    return blocksOf(
      shape,
      w.map((value, i) => (inside(i % k) ? value : 0)),
      1,
    );
  });
  const before = one.map((_, part) =>
    one.slice(0, part).reduce((sum, { blocks }) => sum + blocks.length * 4, 0),
  );
  return {
    blocks: Uint32Array.from(one.flatMap(({ blocks }) => [...blocks])),
    ends: Uint32Array.from(one.flatMap(({ ends }, part) => [...ends].map((end) => end + before[part]!))),
  };
}

/**
 * Weights [filters, k] as blocks of `height` consecutive filters that share a column: its offset, then the values; with
 * height 1, the entries of conv_csr_f32. Blocks without a weight are left out. `offsets` of the columns of all groups.
 */
export function blocksOf(
  shape: ConvShape,
  w: Float32Array,
  height: number,
  offsets: ArrayLike<number> = offsetsOf(shape),
) {
  const { k } = layoutOf(shape);
  const { filters, groups } = shape;
  const blocks: number[] = [];
  const ends: number[] = [];
  for (let first = 0; first < filters; first += height) {
    const group = Math.floor((first * groups) / filters);
    for (let j = 0; j < k; j++) {
      const values = Array.from({ length: height }, (_, r) => w[(first + r) * k + j] ?? 0);
      if (values.some((value) => value !== 0)) blocks.push(offsets[group * k + j]!, ...bits(values));
    }
    ends.push(blocks.length * 4);
  }
  return { blocks: Uint32Array.from(blocks), ends: Uint32Array.from(ends) };
}
