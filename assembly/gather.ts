/** Inputs where kernels know them to be: what reads them by index then adds no address, which a load has room for as a constant. */

/**
 * Address of the first. With byte offsets of 16 bits, `GATHER_INPUTS` of them and a zero behind fill what is left of the first page
 * of memory, which is handed out to nobody else (src/runtime/gather.ts).
 */
export const GATHER: usize = 16;

/** Copies x [cols] there, and a zero behind. May read twelve bytes behind x. */
export function gather(x: usize, cols: usize): void {
  const bytes = cols << 2;
  for (let at: usize = 0; at < bytes; at += 16) v128.store(at, v128.load(x + at), GATHER);
  store<f32>(bytes, 0, GATHER);
}
