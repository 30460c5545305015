/** Files: the safetensors container, sealed with a checksum, and sparse weights inside it. */
export { Allowance, type Budget } from './budget.js';
export { openSealed, seal, verify } from './checksum.js';
export { crc32c } from './crc32c.js';
export type { WeightValues } from './encodings/encoding.js';
export { type EncodingName, encodings } from './encodings/index.js';
export { appendLine, readBytes, writeAtomically } from './files.js';
export { decodeGaps, encodeGaps, gapBytes } from './gaps.js';
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.js';
export type { ArrayOf, Dtype, NamedTensor } from './tensors.js';
export { decodeWeight, encodeWeight, parseWeightEncoding, type WeightEncoding } from './weights.js';
