import { buildKernels } from '../../scripts/build.mjs';

/** Tests read the compiled kernels: make sure that they are those of the sources at hand. */
export default async function setup(): Promise<void> {
  await buildKernels();
}
