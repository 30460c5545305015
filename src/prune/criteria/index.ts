/** Registry of criteria: a new one is one file and one line here. */
import { apoz } from './apoz.js';
import { batchNormScale } from './batchNormScale.js';
import type { Criterion } from './criterion.js';
import { fpgm } from './fpgm.js';
import { grasp } from './grasp.js';
import { lamp } from './lamp.js';
import { magnitude } from './magnitude.js';
import { meanActivation } from './meanActivation.js';
import { movementScore } from './movementScore.js';
import { obs } from './obs.js';
import { random } from './random.js';
import { snip } from './snip.js';
import { sparsegpt } from './sparsegpt.js';
import { synflow } from './synflow.js';
import { taylor, unitTaylor } from './taylor.js';
import { wanda } from './wanda.js';

export const criteria = {
  magnitude,
  random,
  lamp,
  taylor,
  snip,
  grasp,
  synflow,
  wanda,
  obs,
  movement: movementScore,
  sparsegpt,
  unitTaylor,
  apoz,
  meanActivation,
  fpgm,
  batchNormScale,
} as const satisfies Readonly<Record<string, () => Criterion>>;
export type { Criterion, CriterionContext, CriterionDefaults } from './criterion.js';

/** Name of a built-in criterion. */
export type CriterionName = keyof typeof criteria;
