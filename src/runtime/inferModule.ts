/** The inference kernels as a module, for those who need more of them than to call them. */
import { encoded } from '../../build/kernels/infer.js';
import { Memory } from './memory.js';
import { bytesOf } from './modules.js';

/** Bytes of the module. */
export function inferModule(): Uint8Array<ArrayBuffer> {
  return bytesOf(encoded, new Memory(2));
}
