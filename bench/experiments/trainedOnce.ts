/** Dense networks that several experiments prune: trained once a seed, and kept in files. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadModel, type Sequential } from '../../src/index.js';
import { takeSnapshot } from '../../src/train/trainable.js';
import { sourcesOf } from './sources.js';
import { folder } from './workplace.js';

/** A file of networks that these sources trained by a recipe: those of others are trained anew. */
export const trainedFile = (recipe: string, seed: number): string =>
  join(folder(), 'base', `${recipe}-${sourcesOf().sources}`, `seed-${seed}.safetensors`);

/**
 * The model with the weights of the file, or trained and saved there. `survivors: 'rewind'` takes it back to the weights that it
 * came with.
 */
export async function trainedOnce(
  model: Sequential,
  file: string,
  train: (model: Sequential) => Promise<void>,
): Promise<Sequential> {
  model.rewindPoint = takeSnapshot(model);
  if (existsSync(file)) {
    const saved = await loadModel(file);
    model.setWeights(saved.getWeights());
    saved.dispose();
    return model;
  }
  await train(model);
  mkdirSync(dirname(file), { recursive: true });
  await model.save(file);
  model.clock.steps = 0; // as from the file
  model.clock.epochs = 0;
  model.states.reset();
  return model;
}
