/** The kernel table: each kernel with its float64 twin and its shapes. Tests and benches both read it. */
import { activationKernels } from './kernelTable/activations.js';
import { batchNormKernels } from './kernelTable/batchNorm.js';
import { checksumKernels } from './kernelTable/checksum.js';
import { convKernels } from './kernelTable/conv.js';
import { convGradKernels } from './kernelTable/convGrads.js';
import { convSparseTrainingKernels } from './kernelTable/convSparseTraining.js';
import { denseKernels } from './kernelTable/dense.js';
import { factorKernels } from './kernelTable/factors.js';
import { flowKernels } from './kernelTable/flow.js';
import { gateKernels } from './kernelTable/gates.js';
import { imageKernels } from './kernelTable/images.js';
import { layoutKernels } from './kernelTable/layout.js';
import { lossKernels } from './kernelTable/losses.js';
import { maskKernels } from './kernelTable/masks.js';
import { oneSampleKernels } from './kernelTable/oneSample.js';
import { optimizerKernels } from './kernelTable/optimizers.js';
import { peakKernel } from './kernelTable/peak.js';
import { pruningKernels } from './kernelTable/pruning.js';
import type { KernelRow } from './kernelTable/row.js';
import { sparseKernels } from './kernelTable/sparse.js';
import { sparseTrainingKernels } from './kernelTable/sparseTraining.js';
import { structureKernels } from './kernelTable/structure.js';
import { surgeryKernels } from './kernelTable/surgery.js';
import { warpKernels } from './kernelTable/warp.js';

export type { KernelCase, KernelRow } from './kernelTable/row.js';

export const kernelTable: readonly KernelRow[] = [
  ...denseKernels,
  ...imageKernels,
  ...convGradKernels,
  ...convSparseTrainingKernels,
  ...batchNormKernels,
  ...sparseKernels,
  ...sparseTrainingKernels,
  ...oneSampleKernels,
  ...convKernels,
  ...layoutKernels,
  ...activationKernels,
  ...lossKernels,
  ...maskKernels,
  ...optimizerKernels,
  ...structureKernels,
  ...surgeryKernels,
  ...gateKernels,
  ...warpKernels,
  ...checksumKernels,
  ...pruningKernels,
  ...flowKernels,
  ...factorKernels,
  peakKernel,
];
