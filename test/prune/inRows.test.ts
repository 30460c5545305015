import { expect, test } from 'vitest';
import { block, dense, prune, relu, sequential } from '../../src/index.js';
import { inRows } from '../../src/prune/inRows.js';
import { chosenWeights } from '../../src/prune/mask.js';
import { fingerprint } from '../model/support.js';
import { withRefusals } from '../support/faults.js';

test('weights stay in rows where there is no room for their blocks again, and the work counts', async () => {
  const model = await sequential({ inputShape: [12], seed: 5 }, [dense(16), relu(), dense(8)]);
  await prune(model, { sparsity: 0.6, structure: block(4, 1) });
  model.setStorage('block4');
  const before = fingerprint(model);
  const weights = chosenWeights(model);
  const formats = () => weights.map(({ parameter }) => parameter.format);
  let working = false;
  const work = () => {
    expect(formats()).toEqual(['csr', 'csr']);
    working = true;
    return 'done';
  };
  await withRefusals(
    model.engine.memory,
    () => working,
    async () => expect(await inRows(weights, work)).toBe('done'),
  );
  expect(formats()).toEqual(['csr', 'csr']);
  expect(fingerprint(model)).toBe(before);
  await inRows(weights, () => {});
  model.setStorage('block4');
  expect(formats()).toEqual(['block4', 'block4']);
  model.dispose();
});
