/** Whole processes: from their start to the first prediction of LeNet-300-100, beyond what an empty script takes. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
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

/** A script, and variables of its environment. */
interface Script {
  readonly name: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes the scripts to `folder`; those of other engines where `npm ci --prefix bench/peers` has brought them. */
async function scriptsIn(folder: string, model: Sequential): Promise<Script[]> {
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
  const written = Object.entries(scripts).map(([name, code], i): Script => {
    writeFileSync(join(folder, `process${i}.mjs`), code);
    return { name, file: `process${i}.mjs` };
  });
  // Node 22.1 on keeps what it has compiled for the next process.
  const env = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const cached = written.slice(1, 3).map((one) => ({ ...one, name: `${one.name}, compile cache`, env }));
  return 'enableCompileCache' in nodeModule ? [...written, ...cached] : written;
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
    scripts.forEach(({ file, env }, i) => {
      const start = performance.now();
      execFileSync(process.execPath, [file], { cwd: folder, env: { ...process.env, ...env } });
      times[i]!.push(performance.now() - start);
    });
  }
  return scripts.map(({ name }, i) => {
    const own = i === 0 ? times[0]! : times[i]!.map((millis, round) => millis - times[0]![round]!);
    return { name, millis: median(own) };
  });
}
