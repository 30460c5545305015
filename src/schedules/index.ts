/** Curves over the step: a new one is one file and one line here. */
export { cosine } from './cosine.js';
export { cubic } from './cubic.js';
export { linear } from './linear.js';
export { type Schedule, toSchedule } from './schedule.js';
export { stepDecay } from './stepDecay.js';
export { warmup } from './warmup.js';
