import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
const sources = filesIn('src');

/**
 * What each room may import, besides itself: only what stands to its left in ARCHITECTURE.md. `build` is the
 * compiled kernels.
 */
const leaves = ['errors', 'options', 'described'];
const base = [...leaves, 'runtime', 'tensor', 'layers', 'graph'];
const rooms: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  version: [],
  described: [],
  options: ['errors'],
  schedules: leaves,
  runtime: [...leaves, 'build'],
  tensor: [...leaves, 'runtime'],
  layers: [...leaves, 'runtime', 'tensor'],
  graph: [...leaves, 'runtime', 'tensor', 'layers'],
  io: [...base, 'version'],
  session: [...base, 'io'],
  export: [...base, 'io', 'session'],
  train: [...base, 'io', 'schedules'],
  prune: [...base, 'train', 'schedules'],
  model: [...base, 'io', 'train', 'prune'],
  bench: [...base, 'io', 'session', 'train', 'model'],
  report: [...base, 'io', 'prune', 'model', 'bench'],
  cli: [
    ...base,
    'io',
    'session',
    'export',
    'train',
    'prune',
    'model',
    'schedules',
    'report',
    'bench',
    'version',
    'datasets',
  ],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Imports and re-exports of a file that name other files of the project. */
function importsOf(file: string): Import[] {
  const tree = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (!node || !ts.isStringLiteralLike(node) || !node.text.startsWith('.')) return;
    const to = relative(root, resolve(root, dirname(file), node.text)).replace(/\.js$/, '.ts');
    found.push({ from: file, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier !== undefined);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const imports = sources.flatMap(importsOf);
const surfaces = ['src/index.ts', 'src/session.ts'];

/** `src/train/fit.ts` stands in `train`, `src/model.ts` in `model`, `build/kernels/infer.ts` in `build`. */
function roomOf(path: string): string {
  const [top, second] = path.split('/');
  return top === 'src' ? second!.replace(/\.ts$/, '') : top!;
}

const text = ({ from, to }: Import) => `${from} -> ${to}`;

describe('imports', () => {
  test('are found at all', () => {
    expect(imports.length).toBeGreaterThan(150);
    expect(imports.map(text)).toContain('src/train/fit.ts -> src/train/epoch.ts');
    expect(imports.filter(({ typeOnly }) => typeOnly).length).toBeGreaterThan(50);
  });

  test('every file stands in a known room', () => {
    const known = Object.keys(rooms);
    expect(sources.filter((file) => !surfaces.includes(file) && !known.includes(roomOf(file)))).toEqual([]);
  });

  test('point only to rooms on the left', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (surfaces.includes(from)) return false;
      const [here, there] = [roomOf(from), roomOf(to)];
      if (here === there) return false;
      if (there === 'build' && typeOnly) return !['runtime', 'layers', 'train'].includes(here);
      return !rooms[here]!.includes(there);
    });
    expect(wrong.map(text)).toEqual([]);
  });

  test('never go through the public surface, only through registries of folders', () => {
    expect(imports.filter(({ to }) => surfaces.includes(to)).map(text)).toEqual([]);
  });

  test('go in no circles', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports)
      if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of sources) walk(file, []);
    expect(circles).toEqual([]);
  });

  test('of the data sets reach only errors and options of src', () => {
    const reached = filesIn('datasets')
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith('src'));
    expect([...new Set(reached.map(({ to }) => to))].sort()).toEqual(['src/errors.ts', 'src/options.ts']);
  });

  test("of packages stay in the CLI; Node's own modules are asked for at run time elsewhere", () => {
    for (const file of sources.filter((file) => roomOf(file) !== 'cli')) {
      expect(read(file), file).not.toMatch(/^(import|export) (?!type)[^;]* from '[^.]/m);
    }
  });
});

test('a bundle of espalier/session holds no training, pruning or report', () => {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ['src/session.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    define: { __VERSION__: '"0"' },
    logLevel: 'silent',
  });
  const rooms = new Set(Object.keys(metafile.inputs).map(roomOf));
  expect(
    [...rooms].filter((room) => ['train', 'prune', 'model', 'report', 'cli', 'bench'].includes(room)),
  ).toEqual([]);
  expect(Object.keys(metafile.inputs)).not.toContain('build/kernels/train.js');
});

describe('arithmetic that differs between engines', () => {
  // Charts may: their numbers are rounded to pixels.
  const exact = [...sources.filter((file) => roomOf(file) !== 'report'), ...filesIn('datasets')];
  // Without white space: only then esbuild leaves out comments inside classes.
  const names = new Set(
    (
      'random exp expm1 log log2 log10 log1p sin cos tan sinh cosh tanh asinh acosh atanh asin acos atan atan2 ' +
      'pow cbrt hypot'
    ).split(' '),
  );

  /** Places in a file where `wrong` holds. */
  const places = (file: string, wrong: (node: ts.Node) => boolean): string[] => {
    const tree = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (wrong(node)) found.push(`${file}: ${node.getText()}`);
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  };
  const isMath = (node: ts.Node) => ts.isIdentifier(node) && node.text === 'Math';

  test('is not used: no Math.exp and its kin, no Math.random', () => {
    const wrong = (node: ts.Node) =>
      (ts.isPropertyAccessExpression(node) && isMath(node.expression) && names.has(node.name.text)) ||
      (ts.isElementAccessExpression(node) && isMath(node.expression)) ||
      (ts.isVariableDeclaration(node) && node.initializer !== undefined && isMath(node.initializer));
    expect(exact.flatMap((file) => places(file, wrong))).toEqual([]);
  });

  test('is not used: no ** but between numbers written out', () => {
    const wrong = (node: ts.Node) =>
      ts.isBinaryExpression(node) &&
      (node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken ||
        (node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken &&
          !(ts.isNumericLiteral(node.left) && ts.isNumericLiteral(node.right))));
    expect(exact.flatMap((file) => places(file, wrong))).toEqual([]);
  });
});

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

  test('has no dependencies at run time, and no scripts that run at installation', () => {
    for (const name of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) {
      expect(manifest[name]).toBeUndefined();
    }
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts![name]).toBeUndefined();
    }
  });

  test('pins development dependencies exactly, as the lock file does', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
    for (const [name, version] of Object.entries(manifest.devDependencies!)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });
});

test('everything that the public surfaces export has a docstring where it is defined', () => {
  const program = ts.createProgram(
    ['src/index.ts', 'src/session.ts', 'datasets/index.ts'].map((file) => join(root, file)),
    {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      skipLibCheck: true,
      noLib: true,
      types: [],
    },
  );
  const checker = program.getTypeChecker();
  const bare: string[] = [];
  let seen = 0;
  for (const file of program.getRootFileNames()) {
    const surface = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    for (const exported of checker.getExportsOfModule(surface)) {
      seen++;
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.getDocumentationComment(checker).length === 0) bare.push(exported.name);
    }
  }
  expect(seen).toBeGreaterThan(60);
  expect(bare).toEqual([]);
});
