import { beforeAll, describe, expect, test } from 'vitest';
import { sliceNetwork } from '../../src/graph/slice.js';
import {
  createExitSession,
  createSession,
  DisposedError,
  dense,
  type ExitSessionOptions,
  FormatError,
  flatten,
  loadExitSession,
  MemoryError,
  OptionError,
  relu,
  type Sequential,
  type SessionOptions,
  ShapeError,
  sequential,
  softmax,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { values } from '../model/support.js';
import { beforeAllocations } from '../support/faults.js';
import { build, INPUTS, networks, runTwin } from './runtimeTwin.js';

const CLASSES = 5;
const SAMPLES = 67;
const x = values(SAMPLES * INPUTS, 3, 1.5);
const sampleOf = (s: number) => x.subarray(s * INPUTS, (s + 1) * INPUTS);
const answerOf = (out: Float32Array, s: number) => out.subarray(s * CLASSES, (s + 1) * CLASSES);

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** A head with seeded weights for what comes after a layer. */
async function headFor(model: Sequential, after: string, seed = 1): Promise<Sequential> {
  const { outputShape } = model.graph.nodes.find(({ name }) => name === after)!;
  const head = await sequential({ inputShape: outputShape, seed }, [dense(CLASSES)]);
  head.setWeights(head.getWeights().map((array, i) => values(array.length, seed + i, 1.2)));
  return head;
}

/** Margin of scores in float64, and how far from it float32 may be. */
function marginOf(scores: readonly number[]): number {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const [first, second] = powers.sort((a, b) => b - a);
  return (first! - second!) / sum;
}

async function outputsOf(model: Sequential, options: ExitSessionOptions, samples = x) {
  const session = await createExitSession(model, options);
  const out = session.run(samples);
  session.dispose();
  return out;
}

describe.each([
  ['a perceptron', ['relu1']],
  ['a perceptron', ['dense1', 'dense2']],
  ['signed activations', ['tanh1', 'leakyRelu1', 'dense3']],
  ['activations before the first weight, none between the others', ['relu1', 'dense2']],
])('exits in %s after %s', (name, places) => {
  const make = async (sparsity: number) => {
    const model = await build(networks[name]!, sparsity);
    const heads = await Promise.all(places.map((after, i) => headFor(model, after, i + 1)));
    const exits = (margin: number) => places.map((after, i) => ({ after, head: heads[i]!, margin }));
    const free = () => {
      for (const each of [model, ...heads]) each.dispose();
    };
    return { model, heads, exits, free };
  };

  test('with margin 1 give the bits of the plain session, thresholds included', async () => {
    for (const sparsity of [0, 0.6]) {
      const { model, exits, free } = await make(sparsity);
      for (const plain of [
        { batch: 1 },
        { batch: 9 },
        { batch: 32, activationThreshold: 0.2 },
        { kernels: 'dense' },
      ] as SessionOptions[]) {
        const session = await createSession(model, plain);
        expect(await outputsOf(model, { ...plain, exits: exits(1) })).toEqual(session.run(x));
        session.dispose();
      }
      free();
    }
  });

  test('with margin 0 answer all samples by the first head', async () => {
    const { model, heads, exits, free } = await make(0.6);
    const at = model.graph.nodes.findIndex((node) => node.name === places[0]);
    const trunk = sliceNetwork(model.toNetwork(), 0, at + 1);
    for (const batch of [1, 9, 32]) {
      const [body, head] = await Promise.all(
        [{ toNetwork: () => trunk }, heads[0]!].map((each) => createSession(each, { batch })),
      );
      const session = await createExitSession(model, { batch, exits: exits(0) });
      expect(session.run(x)).toEqual(head!.run(body!.run(x)));
      expect(session.profile(x).exits!.map(({ samples }) => samples)).toEqual([
        SAMPLES,
        ...places.map(() => 0),
      ]);
      for (const each of [body!, head!, session]) each.dispose();
    }
    free();
  });

  test.each([0.2, 0.5, 0.8])(
    'with margin %s answer each sample where the float64 twin says, whatever stands beside it',
    async (margin) => {
      const { model, heads, exits, free } = await make(0.6);
      const network = model.toNetwork();
      const full = await createSession(model, { batch: 1 });
      const session = await createExitSession(model, { batch: 1, exits: exits(margin) });
      const expected = session.run(x);
      const taken = places.map(() => 0);
      for (let s = 0; s < SAMPLES; s++) {
        const exit = places.findIndex((after, i) => {
          const at = model.graph.nodes.findIndex((node) => node.name === after);
          const scores = runTwin(
            heads[i]!.toNetwork(),
            runTwin(sliceNetwork(network, 0, at + 1), sampleOf(s)).values,
          );
          return marginOf(scores.values) > margin;
        });
        if (exit < 0) expect(answerOf(expected, s)).toEqual(full.run(sampleOf(s)));
        else taken[exit]!++;
        expect(session.run(sampleOf(s))).toEqual(answerOf(expected, s));
      }
      expect(
        session
          .profile(x)
          .exits!.slice(0, -1)
          .map(({ samples }) => samples),
      ).toEqual(taken);
      expect(Math.max(...taken)).toBeGreaterThan(0);
      for (const kernels of ['auto', 'dense', 'csr'] as const) {
        for (const batch of [1, 5, 8, 32, 67]) {
          expect(await outputsOf(model, { batch, kernels, exits: exits(margin) })).toEqual(expected);
        }
      }
      for (const each of [full, session]) each.dispose();
      free();
    },
  );
});

describe('a session with exits', () => {
  const make = async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const head = await headFor(model, 'relu1');
    return { model, head, exits: [{ after: 'relu1', head, margin: 0.5 }] };
  };

  test('runs any number of samples, more than go together too, into the array given', async () => {
    const { model, exits } = await make();
    const session = await createExitSession(model, { exits });
    expect(session.run(new Float32Array(0))).toEqual(new Float32Array(0));
    const many = values(2500 * INPUTS, 5, 1.5);
    const out = new Float32Array(2500 * CLASSES);
    expect(session.run(many, out)).toBe(out);
    for (const s of [0, 1023, 1024, 2047, 2048, 2499]) {
      expect(session.run(many.subarray(s * INPUTS, (s + 1) * INPUTS))).toEqual(answerOf(out, s));
    }
    expect(session.run(x)).not.toBe(session.run(x));
    session.dispose();
  });

  test('lets no sample with a NaN leave, and keeps it from its neighbours', async () => {
    const { model, head } = await make();
    for (const batch of [1, 8, 32]) {
      const session = await createExitSession(model, { batch, exits: [{ after: 'relu1', head, margin: 0 }] });
      const clean = session.run(x);
      const dirty = x.slice();
      dirty[7 * INPUTS + 1] = Number.NaN;
      const out = session.run(dirty);
      expect(answerOf(out, 7).every(Number.isNaN)).toBe(true);
      expect(out.subarray(0, 7 * CLASSES)).toEqual(clean.subarray(0, 7 * CLASSES));
      expect(out.subarray(8 * CLASSES)).toEqual(clean.subarray(8 * CLASSES));
      expect(session.profile(dirty).exits!.map(({ samples }) => samples)).toEqual([SAMPLES - 1, 1]);
      expect(session.run(x)).toEqual(clean);
      session.dispose();
    }
  });

  test('goes on where a head is undecided, at margin 0 too', async () => {
    const { model, head } = await make();
    const plain = await createSession(model);
    head.setWeights(head.getWeights().map((array) => array.fill(0)));
    const session = await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0 }] });
    expect(session.run(x)).toEqual(plain.run(x));
    for (const each of [plain, session]) each.dispose();
  });

  test('compares the probabilities of heads that end in softmax as they are', async () => {
    const model = await sequential({ inputShape: [INPUTS], seed: 3 }, [
      dense(9),
      relu(),
      dense(4),
      softmax(),
    ]);
    const [scores, probabilities] = [
      await sequential({ inputShape: [9], seed: 5 }, [dense(4)]),
      await sequential({ inputShape: [9], seed: 5 }, [dense(4), softmax()]),
    ];
    for (const margin of [0.1, 0.3]) {
      const session = await createExitSession(model, {
        exits: [{ after: 'relu1', head: probabilities, margin }],
      });
      const bare = { toNetwork: () => sliceNetwork(model.toNetwork(), 0, 3) };
      const other = await createExitSession(bare, { exits: [{ after: 'relu1', head: scores, margin }] });
      expect(session.profile(x).exits![0]!.share).toBe(other.profile(x).exits![0]!.share);
      session.run(x).forEach((value) => {
        expect(value).toBeGreaterThanOrEqual(0);
      });
      for (const each of [session, other]) each.dispose();
    }
    const mixed = createExitSession(model, { exits: [{ after: 'relu1', head: scores, margin: 0.5 }] });
    await expect(mixed).rejects.toThrow(/exits\[0\]: head must end in softmax, as the network does/);
  });

  test('tells its layers and exits', async () => {
    const { model, exits } = await make();
    const session = await createExitSession(model, { exits, activationThreshold: 0.1 });
    expect(session.build).toBe('simd');
    expect(session.layers.map(({ name }) => name)).toEqual(model.graph.nodes.map(({ name }) => name));
    expect(session.exits.map(({ after, margin, layers }) => [after, margin, layers.length])).toEqual([
      ['relu1', 0.5, 1],
    ]);
    const text = session.explain();
    expect(text).toContain('exit after relu1 where the margin is above 0.5');
    expect(text.match(/inputs up to 0.1 are zero/g)!.length).toBe(3); // dense2, dense3, the head
    for (const { name } of session.layers) expect(text).toContain(name);
    session.dispose();
  });

  test('stays as it is when its models change or go', async () => {
    const { model, head, exits } = await make();
    const session = await createExitSession(model, { exits });
    const before = session.run(x);
    for (const each of [model, head]) {
      each.setWeights(each.getWeights().map((array) => array.fill(0)));
      each.dispose();
    }
    expect(session.run(x)).toEqual(before);
    session.dispose();
  });

  test('gives back all memory on dispose, and is refused afterwards', async () => {
    const { model, exits } = await make();
    const before = engine.memory.liveBytes;
    for (const batch of [1, 32]) {
      const session = await createExitSession(model, { batch, exits });
      session.run(x);
      session.dispose();
      session.dispose();
      expect(engine.memory.liveBytes).toBe(before);
      expect(() => session.run(x)).toThrow(DisposedError);
      expect(() => session.profile(x)).toThrow(/^ExitSession.profile: .*dispose/);
    }
  });

  test('is made whole or not at all when the memory refuses', async () => {
    const { model, exits } = await make();
    const before = engine.memory.liveBytes;
    let refused = 0;
    for (let n = 1; ; n++) {
      let left = n;
      const end = beforeAllocations(engine.memory, () => {
        if (--left === 0) throw new MemoryError('Memory: refused by a test, got an allocation');
      });
      const made = await createExitSession(model, { exits, activationThreshold: 0.1 }).catch(
        (error) => error,
      );
      end();
      if (!(made instanceof MemoryError)) {
        expect(made.run(x).length).toBe(SAMPLES * CLASSES);
        made.dispose();
        break;
      }
      refused++;
      expect(engine.memory.liveBytes).toBe(before);
    }
    expect(refused).toBeGreaterThan(10);
    expect(engine.memory.liveBytes).toBe(before);
  });

  test('is loaded from files', async () => {
    const { model, head, exits } = await make();
    const expected = await outputsOf(model, { exits, batch: 8, activationThreshold: 0.1 });
    const files = [{ after: 'relu1', head: head.encode(), margin: 0.5 }];
    const loaded = await loadExitSession(model.encode(), {
      exits: files,
      batch: 8,
      activationThreshold: 0.1,
    });
    expect(loaded.run(x)).toEqual(expected);
    loaded.dispose();
    const broken = [{ ...files[0]!, head: head.encode().subarray(0, 99) }];
    await expect(loadExitSession(model.encode(), { exits: broken })).rejects.toThrow(FormatError);
    const budget = { maxElements: 10 };
    await expect(loadExitSession(model.encode(), { exits: files, budget })).rejects.toThrow(FormatError);
    await expect(loadExitSession(model.encode(), { exits: [] })).rejects.toThrow(
      /^loadExitSession: exits must be/,
    );
  });

  test('refuses samples and outputs that do not fit', async () => {
    const { model, exits } = await make();
    const session = await createExitSession(model, { exits });
    expect(() => session.run(new Float32Array(12))).toThrow(ShapeError);
    expect(() => session.run(new Float32Array(12))).toThrow(
      /^ExitSession.run: x must be .* multiple of 11 values/,
    );
    expect(() => session.run([1] as unknown as Float32Array)).toThrow(ShapeError);
    expect(() => session.run(x, new Float32Array(3))).toThrow(
      /^ExitSession.run: out must be .* 67 x 5 values/,
    );
    session.dispose();
  });
});

describe('exits are refused', () => {
  test('when they fit no hidden layer, no order, no range or no network', async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const [head, second] = [await headFor(model, 'relu1'), await headFor(model, 'relu2')];
    const wide = await sequential({ inputShape: [23] }, [dense(6)]);
    const soft = await sequential({ inputShape: [23] }, [dense(5), softmax()]);
    const good = { after: 'relu1', head, margin: 0.5 };
    const bad: [unknown, typeof OptionError | typeof ShapeError, RegExp][] = [
      [[], OptionError, /: exits must be a list of at least one exit, got \[\]/],
      [undefined, OptionError, /: exits must be a list .*got undefined/],
      [good, OptionError, /: exits must be a list/],
      [[null], OptionError, /: exits\[0\]: options must be an object, got null/],
      [[{ ...good, margins: 1 }], OptionError, /option must be one of after, head, margin, got "margins"/],
      ...[-0.1, 1.1, Number.NaN, '1', undefined].map((margin): [unknown, typeof OptionError, RegExp] => [
        [{ ...good, margin }],
        OptionError,
        /exits\[0\]: margin must be in \[0, 1\], got/,
      ]),
      [
        [{ ...good, after: 'dense3' }],
        OptionError,
        /after must be one of dense1, relu1, dense2, relu2, got "dense3"/,
      ],
      [[{ ...good, after: 3 }], OptionError, /exits\[0\]: after must be one of .*got 3/],
      [[good, good], OptionError, /exits\[1\]: exits must come in the order of the network, got relu1/],
      [[{ ...good, after: 'relu2', head: second }, good], OptionError, /exits\[1\]: .*order/],
      [[{ ...good, head: second }], ShapeError, /head must take 23 values and give 5, got one from 13 to 5/],
      [[{ ...good, head: wide }], ShapeError, /head must take 23 values and give 5, got one from 23 to 6/],
      [[{ ...good, head: soft }], OptionError, /head must not end in softmax, as the network does not/],
      [[{ ...good, head: {} }], OptionError, /exits\[0\]: head must come from sequential\(\)/],
    ];
    const before = engine.memory.liveBytes;
    for (const [exits, type, message] of bad) {
      const made = () => createExitSession(model, { exits } as ExitSessionOptions);
      await expect(made()).rejects.toThrow(type);
      await expect(made()).rejects.toThrow(/^createExitSession: /);
      await expect(made()).rejects.toThrow(message);
    }
    const wrong = { exits: [good], batches: 3 } as unknown as ExitSessionOptions;
    await expect(createExitSession(model, wrong)).rejects.toThrow(/got "batches"/);
    await expect(createExitSession(model, undefined as never)).rejects.toThrow(/options must be an object/);
    await expect(createExitSession({} as Sequential, { exits: [good] })).rejects.toThrow(
      /: model must come from/,
    );
    const lone = await sequential({ inputShape: [4] }, [dense(5)]);
    await expect(createExitSession(lone, { exits: [good] })).rejects.toThrow(
      /network of several, got "relu1"/,
    );
    const binary = await sequential({ inputShape: [4] }, [dense(23), relu(), dense(1)]);
    await expect(createExitSession(binary, { exits: [good] })).rejects.toThrow(/at least 2 outputs, got 1/);
    lone.dispose();
    binary.dispose();
    expect(engine.memory.liveBytes).toBe(before);
  });
});

test('an exit may stand after a layer of several dimensions', async () => {
  const model = await sequential({ inputShape: [2, 3], seed: 1 }, [flatten(), dense(8), relu(), dense(3)]);
  const head = await sequential({ inputShape: [6], seed: 2 }, [dense(3)]);
  const samples = values(6 * 10, 1);
  const plain = await createSession(model);
  const never = await createExitSession(model, { exits: [{ after: 'flatten1', head, margin: 1 }] });
  expect(never.run(samples)).toEqual(plain.run(samples));
  for (const each of [plain, never, model, head]) each.dispose();
});
