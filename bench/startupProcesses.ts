/** Whole processes: from their start to the first prediction of LeNet-300-100, beyond what an empty script takes. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exportModule, type Sequential } from '../src/index.js';
import { median } from './interleave.js';

/** A kind of process. */
export interface ProcessTime {
  readonly name: string;
  /** Median of its time less that of the empty script beside it; of the empty script, its time. */
  readonly millis: number;
}

const EMPTY = 'empty script';

const session = (entry: string) => `
import { loadSession } from ${JSON.stringify(entry)};
const session = await loadSession('model.safetensors', { batch: 1 });
if (session.run(new Float32Array(784)).length !== 10) process.exit(1);
`;

const exported = `
import { run } from './exported.mjs';
if (run(new Float32Array(784)).length !== 10) process.exit(1);
`;

/** Another engine, with weights at hand: nothing is read from a file. */
const peer = (file: string, create: string) => `
import { ${create} as create } from ${JSON.stringify(pathToFileURL(resolve('bench/peers', file)).href)};
const sizes = [784, 300, 100, 10];
const layers = sizes.slice(1).map((outFeatures, i) => ({
  inFeatures: sizes[i], outFeatures, relu: i < 2,
  weight: new Float32Array(sizes[i] * outFeatures).fill(0.01), bias: new Float32Array(outFeatures),
}));
const engine = await create(layers);
if ((await engine.run(new Float32Array(784), 1)).length !== 10) process.exit(1);
process.exit(0);
`;

/** Writes the scripts to `folder`; those of other engines where `npm ci --prefix bench/peers` has brought them. */
async function scriptsIn(folder: string, model: Sequential): Promise<[name: string, file: string][]> {
  await model.save(join(folder, 'model.safetensors'));
  writeFileSync(join(folder, 'exported.mjs'), (await exportModule(model)).code);
  const dist = (file: string) => pathToFileURL(resolve('dist', file)).href;
  const scripts: Record<string, string> = {
    [EMPTY]: '',
    'espalier/session, a model file': session(dist('session.js')),
    'dist/session.min.js, a model file': session(dist('session.min.js')),
    'exported module': exported,
  };
  if (existsSync('bench/peers/node_modules')) {
    scripts['jax-js'] = peer('jaxInference.mjs', 'createJaxInference');
    scripts['onnxruntime-web'] = peer('onnxruntimeWeb.mjs', 'createOnnxruntimeWeb');
  }
  return Object.entries(scripts).map(([name, code], i) => {
    writeFileSync(join(folder, `process${i}.mjs`), code);
    return [name, `process${i}.mjs`];
  });
}

/** Times all kinds of processes in turns. */
export async function processTimes(
  folder: string,
  model: Sequential,
  rounds: number,
): Promise<ProcessTime[]> {
  const scripts = await scriptsIn(folder, model);
  const times = scripts.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    scripts.forEach(([, file], i) => {
      const start = performance.now();
      execFileSync(process.execPath, [file], { cwd: folder });
      times[i]!.push(performance.now() - start);
    });
  }
  return scripts.map(([name], i) => {
    const own = i === 0 ? times[0]! : times[i]!.map((millis, round) => millis - times[0]![round]!);
    return { name, millis: median(own) };
  });
}
