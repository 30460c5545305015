/** Adapters of other engines to convolutional networks, and the networks that are measured: bench/peers/convnet.mjs. */
import { type InferencePeer, loadPeers, type TrainingPeer } from '../peers.js';

/** One layer: weights row-major, [out, in, kernel height, kernel width] or [out, in]; the same padding on four sides. */
export type PeerConvnetLayer =
  | {
      readonly kind: 'conv2d';
      readonly weights: Float32Array;
      readonly bias: Float32Array;
      readonly kernel: readonly [number, number];
      readonly stride: number;
      readonly padding: number;
    }
  | { readonly kind: 'maxPool2d'; readonly size: number }
  | { readonly kind: 'relu' | 'flatten' | 'globalAvgPool2d' }
  | {
      readonly kind: 'dense';
      readonly weights: Float32Array;
      readonly bias: Float32Array;
      readonly relu: boolean;
    };

/** A network as data. */
export interface PeerConvnet {
  /** Channels, height, width. */
  readonly inputShape: readonly number[];
  readonly layers: readonly PeerConvnetLayer[];
}

/** True where an engine takes [n, h, w, c] instead of [n, c, h, w]: it is handed that, and pays for no conversion. */
interface Layout {
  readonly channelsLast?: boolean;
}

/** Another engine that runs convolutional networks. */
export interface ConvnetEntry {
  readonly name: string;
  /** Prepares the weights, for runs of `batch` samples. */
  create(network: PeerConvnet, batch: number): Promise<InferencePeer & Layout>;
}

/** Another engine that trains them by Adam, from the given weights. */
export interface ConvnetTrainerEntry {
  readonly name: string;
  create(
    network: PeerConvnet,
    options: { readonly batchSize: number; readonly learningRate: number },
  ): Promise<TrainingPeer & Layout>;
}

interface Registry {
  readonly convnetPeers: readonly ConvnetEntry[];
  readonly convnetTrainers: readonly ConvnetTrainerEntry[];
  readonly litertDense: ConvnetEntry;
}

/** The installed engines, each on one thread; all can live in this process. `litertDense` stores no weights sparse. */
export const { convnetPeers, convnetTrainers, litertDense } = await loadPeers<Registry>('registry.mjs');

interface Networks {
  lenet5(seed: number): PeerConvnet;
  pointwiseChain(seed: number, shape?: { size?: number; width?: number; depth?: number }): PeerConvnet;
  withZeroWeights(
    network: PeerConvnet,
    sparsity: number,
    seed: number,
    prunes?: (layer: PeerConvnetLayer) => boolean,
  ): PeerConvnet;
  isPointwise(layer: PeerConvnetLayer): boolean;
}

/** LeNet-5, the chain of 1 x 1 convolutions that XNNPACK runs sparse, and either with zeros. */
export const { lenet5, pointwiseChain, withZeroWeights, isPointwise } =
  await loadPeers<Networks>('convnet.mjs');

type Forward = (network: PeerConvnet, x: Float32Array, n: number) => Float64Array;

/** The plain float64 twin: outputs of the last layer for x [n, c, h, w]. */
export const { forwardConvnet } = await loadPeers<{ forwardConvnet: Forward }>('convReference.mjs');

type CrossEntropy = (logits: ArrayLike<number>, labels: ArrayLike<number>) => { readonly loss: number };

/** Mean softmax cross-entropy of logits [n, classes], in float64. */
export const { crossEntropy } = await loadPeers<{ crossEntropy: CrossEntropy }>('reference.mjs');

type ToChannelsLast = (values: Float32Array, shape: readonly number[]) => Float32Array;
const { toChannelsLast } = await loadPeers<{ toChannelsLast: ToChannelsLast }>('channelsLast.mjs');

/** Samples x [n, c, h, w] in the layout that the engine takes. */
export const inLayoutOf = ({ channelsLast }: Layout, x: Float32Array, network: PeerConvnet): Float32Array =>
  channelsLast && network.inputShape[0]! > 1 ? toChannelsLast(x, network.inputShape) : x;
