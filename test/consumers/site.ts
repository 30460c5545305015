/** A folder with the installed package, apps that use it, a model for them, and what they must answer. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dense, prune, relu, sequential } from '../../src/index.js';
import { installPackage } from '../support/installed.js';
import { writeApps } from './apps.js';

export interface Consumer {
  readonly folder: string;
  /** What is served, in `folder`. */
  readonly out: string;
  /** What this Node answers, with the package as it is installed. */
  readonly expected: string;
  remove(): void;
}

/** What a Node answers in `folder`. */
export function answerIn(node: string, folder: string): string {
  const code = `
    import { readFileSync } from 'node:fs';
    import { answer } from './answer.js';
    console.log(await answer(readFileSync('site/model.safetensors')));`;
  return execFileSync(node, ['--input-type=module', '-e', code], { cwd: folder, encoding: 'utf8' }).trim();
}

export async function makeConsumer(): Promise<Consumer> {
  const folder = installPackage();
  const out = join(folder, 'site');
  mkdirSync(out);
  writeApps(folder);
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed: 3 }, layers);
  await prune(model, { sparsity: 0.95 });
  await model.save(join(out, 'model.safetensors'));
  model.dispose();
  mkdirSync(join(folder, 'public'));
  copyFileSync(join(out, 'model.safetensors'), join(folder, 'public/model.safetensors'));
  const kernels = join(folder, 'node_modules/espalier/dist/kernels.wasm');
  copyFileSync(kernels, join(out, 'kernels.wasm'));
  copyFileSync(kernels, join(out, 'kernels.bin'));
  const expected = answerIn(process.execPath, folder);
  return { folder, out, expected, remove: () => rmSync(folder, { recursive: true }) };
}
