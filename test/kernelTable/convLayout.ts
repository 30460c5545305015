/** Into the staged input of a convolution, and out of an output whose rows are too long. */
import { blank, grid, kernel } from './row.js';

const stage = kernel('conv_stage_f32', {
  shapes: grid({
    channels: [1, 3],
    height: [1, 2, 5],
    width: [1, 2, 3, 4, 7, 19, 24],
    padding: [0, 1, 2],
    phases: [1, 2, 3],
    lanes: [1, 2, 4, 7, 8],
  }),
  bench: { channels: 64, height: 28, width: 28, padding: 1, phases: 1, lanes: 8 },
  flops: ({ channels, height, width, lanes }) => channels * height * width * lanes,
  setUp({ channels, height, width, padding, phases, lanes }, random) {
    const x = random.floats(channels * height * width * lanes);
    const [stagedHeight, stagedWidth] = [height + 2 * padding, Math.ceil((width + 2 * padding) / phases)];
    const y = random.floats(channels * stagedHeight * phases * stagedWidth * lanes);
    const expected = y.slice();
    for (let i = 0; i < x.length; i++) {
      const pixel = Math.floor(i / lanes);
      const [ix, line] = [pixel % width, Math.floor(pixel / width)];
      const [c, iy] = [Math.floor(line / height), line % height];
      const [phase, place] = [(ix + padding) % phases, Math.floor((ix + padding) / phases)];
      const to = (((c * stagedHeight + iy + padding) * phases + phase) * stagedWidth + place) * lanes;
      expected[to + (i % lanes)] = x[i]!;
    }
    return {
      inputs: { x },
      outputs: { y },
      args: (at) => [
        at('y'),
        at('x'),
        channels,
        height,
        width,
        lanes,
        padding,
        padding,
        stagedHeight,
        stagedWidth,
        phases,
      ],
      expected: () => ({ y: { values: expected, tolerance: 0 } }),
    };
  },
});

const crop = kernel('conv_crop_f32', {
  shapes: grid({ rows: [0, 1, 3], height: [1, 2, 5], width: [1, 3, 4, 5, 7, 8, 9], behind: [0, 1, 8] }),
  bench: { rows: 64, height: 7, width: 7, behind: 1 },
  flops: ({ rows, height, width }) => rows * height * width,
  setUp({ rows, height, width, behind }, random) {
    const pitch = width + behind;
    const x = random.floats(rows * height * pitch);
    return {
      inputs: { x },
      outputs: { y: blank(rows * height * width) },
      args: (at) => [at('y'), at('x'), rows, height, width, pitch],
      expected: () => ({ y: { values: x.filter((_, i) => i % pitch < width), tolerance: 0 } }),
    };
  },
});

export const convLayoutKernels = [stage, crop];
