import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { syntheticDigits } from '../datasets/index.js';
import { adam, dense, prune, relu, sequential } from '../src/index.js';

const root = resolve(import.meta.dirname, '..');

/** SHA-256 of weights and masks after 60 steps, pruning to 90 %, and 20 steps more. */
async function fingerprint(seed: number): Promise<string> {
  const { images, labels } = syntheticDigits({ samples: 640, seed: 3 });
  const model = await sequential({ inputShape: [784], seed }, [dense(40), relu(), dense(10)]);
  const optimizer = adam();
  await model.fit(images, labels, { optimizer, epochs: 3, batchSize: 32 });
  await prune(model, { sparsity: 0.9, fit: { data: { images, labels }, optimizer, batchSize: 32 } });
  const hash = createHash('sha256');
  for (const { weight, bias } of model.layers) {
    if (!weight) continue;
    hash.update(new Uint8Array(weight.data.buffer)).update(weight.mask!).update(new Uint8Array(bias!.buffer));
  }
  model.dispose();
  return hash.digest('hex');
}

describe('training, pruning and retraining', () => {
  test('give the same bits twice in a row, and others for another seed', async () => {
    const first = await fingerprint(1);
    expect(await fingerprint(1)).toBe(first);
    expect(await fingerprint(2)).not.toBe(first);
  });

  test('give the bits that they gave on every Node so far', async () => {
    expect(await fingerprint(1)).toBe('35c8c3789ea795c1447b6b3b03d10b1e3f05cd034923ed10c38ae9a130d302df');
  });

  // NODE_OTHER=/path/to/node adds another runtime; without it the present one runs in a process of its own.
  test('give the same bits in another process, and under the Node that NODE_OTHER names', () => {
    const outfile = join(mkdtempSync(join(tmpdir(), 'espalier-bits-')), 'fingerprint.mjs');
    const options = { bundle: true, format: 'esm', platform: 'node', packages: 'external' } as const;
    buildSync({ ...options, absWorkingDir: root, entryPoints: ['bench/experiment.ts'], outfile });
    const sha256 = (node: string) => {
      const run = spawnSync(node, [outfile, 'fingerprint', '--seeds', '1', '--json'], {
        cwd: root,
        encoding: 'utf8',
      });
      expect(run.stderr).toContain('twice the same');
      return (JSON.parse(run.stdout) as { sha256: string }[])[0]!.sha256;
    };
    expect(sha256(process.env.NODE_OTHER ?? process.execPath)).toBe(sha256(process.execPath));
  });
});
