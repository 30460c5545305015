/** Adapters of other engines, from bench/peers with its own package.json. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One layer as the adapters take it: weight [out, in] row-major. */
export interface PeerLayer {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly relu: boolean;
}

/** Another engine, ready to run a network. */
export interface InferencePeer {
  readonly name: string;
  readonly version: string;
  run(x: Float32Array, n: number): Promise<Float32Array>;
  dispose(): void | Promise<void>;
}

/** Another engine, ready to train one. */
export interface TrainingPeer {
  readonly name: string;
  readonly version: string;
  step(x: Float32Array, labels: Int32Array): number | Promise<number>;
  dispose(): void | Promise<void>;
}

const folder = resolve('bench/peers');

/** True when `npm ci --prefix bench/peers` was run. */
export function peersInstalled(): boolean {
  return existsSync(resolve(folder, 'node_modules/onnxruntime-web'));
}

async function load(file: string): Promise<Record<string, (...values: unknown[]) => unknown>> {
  return import(pathToFileURL(resolve(folder, file)).href);
}

/** onnxruntime-web, wasm backend, one thread. */
export async function onnxruntimeWeb(layers: readonly PeerLayer[]): Promise<InferencePeer> {
  const { createOnnxruntimeWeb } = await load('onnxruntimeWeb.mjs');
  return (await createOnnxruntimeWeb!(layers)) as InferencePeer;
}

/** jax-js, wasm backend: one jitted Adam step. */
export async function jaxTrainer(options: {
  layers: readonly number[];
  batchSize: number;
  learningRate: number;
  seed: number;
}): Promise<TrainingPeer> {
  const { createJaxTrainer } = await load('jaxTraining.mjs');
  return (await createJaxTrainer!(options)) as TrainingPeer;
}
