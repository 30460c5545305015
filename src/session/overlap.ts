/** True when two arrays share memory, at least in part: results in one would overwrite samples in the other. */
export const overlap = (a: Float32Array, b: Float32Array): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;
