/** What synaptic flow does in each kind of layer: forward, back, and for each weight. */
import type { GraphNode } from '../../graph/graph.js';
import { affineOf } from '../../layers/batchNorm.js';
import { poolGeometry } from '../../layers/pooling.js';
import type { Parameter } from '../../tensor/parameter.js';
import { ConvolutionStep } from './flowConvolution.js';
import type { FlowBench, FlowStep } from './flowStep.js';
import { readDoubles, writeDoubles } from './room.js';

const identity: FlowStep = { forward: (x) => x, backward: (dy) => dy };

function denseStep({ kernels, room }: FlowBench, parameter: Parameter): FlowStep {
  const { rows, cols, length, storage } = parameter;
  const w = room.allocate(length * 4, false);
  storage.toDense(w.address, parameter.address);
  const [x, y, g] = [room.doubles(cols), room.doubles(rows), room.allocate(length * 8, false)];
  return {
    forward(given) {
      writeDoubles(x, given);
      kernels.flow_forward_f64(y.address, w.address, x.address, rows, cols, 1, 1);
      return readDoubles(y, rows);
    },
    backward(dy) {
      writeDoubles(y, dy);
      kernels.flow_backward_f64(x.address, w.address, y.address, rows, cols, 1, 1);
      return readDoubles(x, cols);
    },
    weights(given, dy, scale) {
      writeDoubles(x, given);
      writeDoubles(y, dy);
      new Float64Array(room.memory.buffer, g.address, length).fill(0);
      kernels.flow_weights_f64(g.address, y.address, x.address, rows, cols, 1, 1, scale);
      return readDoubles(g, length);
    },
  };
}

/** Batch normalization: by the size of its factor at inference; shifts, as biases, take no part. */
function affineStep(node: GraphNode, parameters: readonly Parameter[]): FlowStep {
  const { scale } = affineOf(
    node.spec,
    parameters.map((parameter) => parameter.read()),
  );
  const factors = scale.map((factor) => Math.abs(factor));
  const times = (values: Float64Array) => {
    const pixels = values.length / factors.length;
    return values.map((value, i) => value * factors[Math.floor(i / pixels)]!);
  };
  return { forward: times, backward: times };
}

/** Pooling, of either kind: the mean of a window. */
function poolStep(node: GraphNode): FlowStep {
  const g = poolGeometry(node.spec, node.inputShape);
  const share = 1 / (g.kernelHeight * g.kernelWidth);
  /** Calls `visit` with the positions of an input and of the output whose window it is in. */
  const each = (visit: (input: number, output: number) => void) => {
    for (let out = 0; out < g.channels * g.outHeight * g.outWidth; out++) {
      const row = Math.floor(out / g.outWidth);
      const channel = Math.floor(row / g.outHeight);
      const top = channel * g.height + (row % g.outHeight) * g.strideHeight;
      for (let u = 0; u < g.kernelHeight; u++) {
        const first = (top + u) * g.width + (out % g.outWidth) * g.strideWidth;
        for (let v = 0; v < g.kernelWidth; v++) visit(first + v, out);
      }
    }
  };
  return {
    forward(x) {
      const y = new Float64Array(g.channels * g.outHeight * g.outWidth);
      each((input, output) => {
        y[output]! += x[input]! * share;
      });
      return y;
    },
    backward(dy) {
      const dx = new Float64Array(g.channels * g.height * g.width);
      each((input, output) => {
        dx[input]! += dy[output]! * share;
      });
      return dx;
    },
  };
}

/** The step of a layer, but for those that add. */
export function stepOf(bench: FlowBench, node: GraphNode, parameters: readonly Parameter[]): FlowStep {
  switch (node.type.role) {
    case 'product':
      return denseStep(bench, parameters[0]!);
    case 'convolution':
      return new ConvolutionStep(bench, { node, parameter: parameters[0]! });
    case 'affine':
      return affineStep(node, parameters);
    case 'resample':
      return poolStep(node);
    default:
      return identity;
  }
}
