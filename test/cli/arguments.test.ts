import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { run } from './support.js';

const names = ['demo', 'train', 'prune', 'evaluate', 'bench', 'inspect', 'report', 'export'];

describe('the command line', () => {
  it('has the eight commands', () => {
    expect(commands.map(({ name }) => name)).toEqual(names);
  });

  it('lists all commands with --help, and without a command', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(stdout).toContain(`  ${name} `);
    expect((await run([])).stdout).toBe(stdout);
  });

  it('tells its version', async () => {
    expect((await run(['--version'])).stdout).toMatch(/^\S+\n$/);
  });

  it.each(names)('%s --help shows the common options and an example', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const option of ['--seed', '--json', '--help']) expect(stdout).toContain(option);
    expect(stdout).toMatch(/Examples?:\n {2}espalier/);
    expect((await run([name, '-h'])).stdout).toBe(stdout);
  });
});

describe('errors', () => {
  const cases: [string[], RegExp][] = [
    [['trian'], /command must be one of .*, got "trian" \(did you mean "train"\?\)/],
    [['--json'], /command must be one of/],
    [['train', '--epoch', '3'], /espalier train: option must be one of .*did you mean "--epochs"/],
    [['train', '--epochs'], /--epochs must have a value, got none/],
    [['train', '--epochs', '--json'], /--epochs must have a value/],
    [['train', '--epochs', '0'], /--epochs must be a whole number >= 1, got 0/],
    [['train', '--epochs=many'], /--epochs must be a whole number >= 1, got "many"/],
    [['train', '--layers', '30,,10'], /each of --layers must be a whole number >= 1, got ""/],
    [['train', '--optimizer', 'adm'], /--optimizer must be one of adam, adamw, sgd, got "adm"/],
    [['train', '--learning-rate=-1'], /--learning-rate must be a number >= 0, got -1/],
    [['train', '--data', 'mnits'], /--data must be one of .*did you mean "mnist"/],
    [['train', '--sparsity', '2'], /--sparsity must be in \[0, 1\], got 2/],
    [['train', '--pruning', 'rigle'], /--pruning must be one of rigl, set, none, got "rigle"/],
    [['train', 'extra'], /arguments must all be options, got "extra"/],
    [['train', '--json=yes'], /--json must stand without a value/],
    [['train', '--out', '/dev/null/x/y'], /must be able to write into/],
    [['train', '--out', '.'], /--out must be a file, got the folder "\."/],
    [['prune', 'm', '--sparsity', '95'], /--sparsity must be in \[0, 1\], got 95/],
    [['prune', 'm', '--survivors', 'all'], /--survivors must be one of trained, rewind, reinit/],
    [['evaluate'], /MODEL must name one model file.*got none/],
    [['evaluate', 'a', 'b'], /MODEL must name one model file.*got "a" "b"/],
    [['evaluate', 'missing.safetensors'], /must be able to read "missing.safetensors", got ENOENT/],
    [['inspect', 'package.json'], /must start with a checksum, got JSON text/],
    [['bench', 'package.json', '--batches', '1,x'], /each of --batches must be a whole number/],
    [
      ['export', 'm', '--format', 'wsm'],
      /--format must be one of js, wasm, got "wsm" \(did you mean "wasm"\?\)/,
    ],
    [['export', 'm', '--batch', '0'], /--batch must be a whole number >= 1, got 0/],
    [['export', 'm.js'], /--out must be another file than the model, got "m.js"/],
    [['export', 'm', '--format', 'wasm', '--types'], /--types must stand with --format js, got wasm/],
    [['export', 'package.json', '--out', '/tmp/never.js'], /must start with a checksum, got JSON text/],
    [['export', 'https://a.example/m'], /--out must be given for a model from an address/],
    [['demo', '--seed', '1.5'], /--seed must be a whole number >= 0, got 1.5/],
    [['demo', '--out', 'package.json'], /must be able to write into "package.json"/],
  ];

  it.each(cases)('espalier %j ends with 1 and one clear line', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it('show the stack only with DEBUG', async () => {
    const { stderr } = await run(['evaluate', 'missing.safetensors'], { env: { DEBUG: '1' } });
    expect(stderr).toMatch(/\n {4}at /);
  });

  it('are coloured on a terminal, unless NO_COLOR says no', async () => {
    expect((await run(['x'], { isTTY: true })).stderr).toContain('\x1b[31m');
    expect((await run(['x'], { isTTY: true, env: { NO_COLOR: '1' } })).stderr).toMatch(/^error: /);
    expect((await run(['x'])).stderr).toMatch(/^error: /);
  });
});
