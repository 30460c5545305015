/** The first page of memory: where kernels gather inputs that they read by index (assembly/gather.ts). */

/** Address behind it: the first that is handed out. */
export const GATHER_END = 65536;
/** Most inputs that have room there, and a zero behind them. */
export const GATHER_INPUTS = 16379;

/** True for kernels that use it. */
export const gathers = (kernel: string): boolean => kernel === 'spmv_sell4_f32';
