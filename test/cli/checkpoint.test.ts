import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { onlyJson, run, temporaryFolder } from './support.js';

const folder = temporaryFolder();
afterAll(folder.remove);
const synthetic = ['--data', 'synthetic', '--json'];

/** Runs a command and presses Ctrl-C at its n-th line of progress. */
async function interrupted(argv: readonly string[], line: number) {
  const interrupt = new AbortController();
  let lines = 0;
  const onProgress = (text: string) => {
    if (text.includes('epoch ') && ++lines === line) interrupt.abort();
  };
  return run(argv, { signal: interrupt.signal, onProgress });
}

describe('--checkpoint', () => {
  test('train goes on where Ctrl-C ended it, and ends with the same file', async () => {
    const train = ['train', '--layers', '16', '--epochs', '3', ...synthetic];
    const [whole, out, kept] = ['whole', 'out', 'kept'].map((name) =>
      folder.path(`train-${name}.safetensors`),
    );
    await run([...train, '--out', whole!]);
    const own = [...train, '--out', out!, '--checkpoint', kept!];
    expect((await interrupted(own, 2)).code).toBe(130);
    expect(existsSync(out!)).toBe(false);
    const standing = onlyJson<{ checkpoint: object }>(await run(['inspect', kept!, '--json'])).checkpoint;
    expect(standing).toMatchObject({ kind: 'fit', round: null, epoch: 3, epochs: 3, done: false });
    expect((await run(['inspect', kept!])).stdout).toMatch(
      /a checkpoint of a fit: stands at epoch 3 of 3.*, after \d+ steps in all/,
    );
    const again = await run(own);
    expect(again.stderr).toMatch(/goes on with epoch 3/);
    expect(readFileSync(out!).equals(readFileSync(whole!))).toBe(true);
    expect((await run(['inspect', kept!])).stdout).toMatch(/stands at its end/);
    expect((await run(own)).stderr).toMatch(/has ended before: taken from its checkpoint/);
    expect(onlyJson<{ checkpoint: null }>(await run(['inspect', out!, '--json'])).checkpoint).toBeNull();
    const other = await run([...own, '--epochs', '4']);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/must be of this very run, got another one: epochs: 3 there, 4 here/);
  });

  test('prune goes on in the round where Ctrl-C ended it', async () => {
    const model = folder.path('model.safetensors');
    await run(['train', '--layers', '16', '--epochs', '1', '--out', model, ...synthetic]);
    const prune = ['prune', model, '--sparsity', '0.8', '--rounds', '3', '--epochs', '1', ...synthetic];
    const [whole, out, kept] = ['whole', 'out', 'kept'].map((name) =>
      folder.path(`prune-${name}.safetensors`),
    );
    await run([...prune, '--out', whole!]);
    const own = [...prune, '--out', out!, '--checkpoint', kept!];
    expect((await interrupted(own, 2)).code).toBe(130);
    const again = await run(own);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/round 2\/3 {2}(goes on|has ended)/);
    expect(again.stderr).toMatch(/round 3\/3 {2}epoch 1\/1/);
    expect(again.stderr).not.toMatch(/round 1\/3/);
    expect(readFileSync(out!).equals(readFileSync(whole!))).toBe(true);
    expect((await run(['inspect', kept!])).stdout).toMatch(
      /a checkpoint of a pruning: stands at round 3, its end/,
    );
    const none = await run([...own, '--epochs', '0']);
    expect(none.stderr).toMatch(/--checkpoint must come with --epochs above 0, got 0/);
  });
});
