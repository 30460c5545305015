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
  /** x [n, in] to y [n, out]; a promise only if the engine is asynchronous. */
  run(x: Float32Array, n: number): Float32Array | Promise<Float32Array>;
  dispose(): void | Promise<void>;
}

/** Another engine whose package is installed. */
export interface InferenceEntry {
  readonly name: string;
  /** Prepares the weights, for runs of `batch` samples. */
  create(layers: readonly PeerLayer[], batch: number): Promise<InferencePeer>;
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

/** A module of bench/peers, which TypeScript does not see. */
export async function loadPeers<Module>(file: string): Promise<Module> {
  return import(pathToFileURL(resolve(folder, file)).href);
}

const registry = await loadPeers<{ inferencePeers: readonly InferenceEntry[] }>('registry.mjs');

/** The installed engines, each on one thread; all of them can live in this process. */
export const inferencePeers = registry.inferencePeers;

type Forward = (layers: readonly PeerLayer[], x: ArrayLike<number>, n: number) => ArrayLike<number>[];

/** The plain float64 twin: outputs of every layer for x [n, in], the input first. */
export const { forward } = await loadPeers<{ forward: Forward }>('reference.mjs');

/** onnxruntime-web, wasm backend, one thread. */
export async function onnxruntimeWeb(layers: readonly PeerLayer[]): Promise<InferencePeer> {
  type Adapter = { createOnnxruntimeWeb(layers: readonly PeerLayer[]): Promise<InferencePeer> };
  return (await loadPeers<Adapter>('onnxruntimeWeb.mjs')).createOnnxruntimeWeb(layers);
}

/** What a trainer is made of. */
export interface TrainerOptions {
  readonly layers: readonly number[];
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** jax-js, wasm backend: one jitted Adam step. */
export async function jaxTrainer(options: TrainerOptions): Promise<TrainingPeer> {
  type Adapter = { createJaxTrainer(options: TrainerOptions): Promise<TrainingPeer> };
  return (await loadPeers<Adapter>('jaxTraining.mjs')).createJaxTrainer(options);
}
