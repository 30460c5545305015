// Builds everything: kernels (assembly/ to build/), the package (src/ and datasets/ to dist/), types.
//   node scripts/build.mjs           all of it
//   node scripts/build.mjs --quick   what running needs: no types
//   node scripts/build.mjs --kernels only the kernels
//   node scripts/build.mjs --pack    all of it, unless that is newer than its sources
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { build as bundle } from 'esbuild';
import { eagerStart } from './eager.mjs';
import { mergeChunks } from './mergeChunks.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Replaces `__VERSION__` in src/version.ts wherever that is bundled. */
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const modules = ['infer', 'train', 'prune'];
/** What is compiled: training and pruning are reproducible, so there is no relaxed build of them. */
const targets = { simd: [...modules, 'decode'], relaxed: ['infer'], debug: modules };
/** Modules as files of the package: what they are to loadKernels(), and where they come from. */
const files = [
  ['infer', 'simd/infer', 'kernels'],
  ['relaxed', 'relaxed/infer', 'kernels-relaxed'],
  ['train', 'simd/train', 'kernels-train'],
  ['prune', 'simd/prune', 'kernels-prune'],
];

/** Newest modification time below a folder, in milliseconds; of folders too, which change when a file leaves. */
function newest(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))];
  return Math.max(...paths.map((path) => statSync(path).mtimeMs));
}

/** TypeScript interface of a module's exports, from the declarations that asc writes. */
function abiOf(declarations, name) {
  const lines = [...declarations.matchAll(/export function (\w+)\(([^)]*)\): (\w+);/g)].map(
    ([, kernel, parameters, result]) => `  ${kernel}(${parameters}): ${result};`,
  );
  return `export interface ${name} {\n${lines.join('\n')}\n}\n`;
}

async function compile(module, target) {
  const out = join(root, 'build', target, `${module}.wasm`);
  mkdirSync(dirname(out), { recursive: true });
  const { error, stderr } = await asc.main(
    [
      `assembly/${module}.ts`,
      '--config',
      'asconfig.json',
      '--target',
      target,
      '--baseDir',
      root,
      '--outFile',
      out,
    ],
    { stdout: asc.createMemoryStream(), stderr: asc.createMemoryStream() },
  );
  if (error) throw new Error(`asc ${module} (${target}): ${error.message}\n${stderr}`);
  return out;
}

/** The codec of src/runtime/textCodec.ts. */
async function textCodec() {
  const { outputFiles } = await bundle({
    entryPoints: [join(root, 'src/runtime/textCodec.ts')],
    format: 'esm',
    bundle: true,
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

function writeKernels(name, code, declarations) {
  const base = join(root, 'build/kernels', name);
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.js`, code);
  writeFileSync(`${base}.d.ts`, declarations);
}

/** Wraps the modules for bundling, as text with its interface; the one that decodes the others as numbers. */
async function writeKernelSources() {
  const { encodeText } = await textCodec();
  for (const module of modules) {
    const type = `${module[0].toUpperCase()}${module.slice(1)}Kernels`;
    const declarations = readFileSync(join(root, 'build/simd', `${module}.d.ts`), 'utf8');
    const { singles, text } = encodeText(readFileSync(join(root, 'build/simd', `${module}.wasm`)));
    const code = `export const encoded = {\n  singles: '${singles}',\n  text: '${text}',\n};\n`;
    const encoded = 'export declare const encoded: { readonly singles: string; readonly text: string };';
    writeKernels(module, code, `${abiOf(declarations, type)}/** The module. */\n${encoded}\n`);
  }
  const bytes = [...readFileSync(join(root, 'build/simd/decode.wasm'))];
  const declaration = '/** The module. */\nexport declare const decoder: readonly number[];\n';
  writeKernels('decode', `export const decoder = [${bytes}];\n`, declaration);
}

/** A module with a custom section `espalier` that says what it is: `infer 0.1.0`. */
function marked(bytes, mark) {
  const section = Buffer.from(`\x08espalier${mark}`, 'latin1');
  if (section.length > 127) throw new Error(`build: a mark must be short, got ${mark}`);
  return Buffer.concat([bytes, Buffer.from([0, section.length]), section]);
}

/** The modules as files of the package. */
function writeKernelFiles() {
  for (const [name, source, file] of files) {
    const bytes = readFileSync(join(root, 'build', `${source}.wasm`));
    writeFileSync(join(root, 'build/kernels', `${file}.wasm`), marked(bytes, `${name} ${version}`));
  }
}

/** Compiles the kernels unless the outcome is newer than every source. */
export async function buildKernels() {
  const stamp = join(root, 'build/kernels/stamp');
  try {
    const others = ['asconfig.json', 'scripts/build.mjs', 'src/runtime/textCodec.ts'];
    const sources = [
      newest(join(root, 'assembly')),
      ...others.map((file) => statSync(join(root, file)).mtimeMs),
    ];
    if (statSync(stamp).mtimeMs > Math.max(...sources) && readFileSync(stamp, 'utf8') === version) return;
  } catch {
    // no stamp: a first build
  }
  for (const [target, parts] of Object.entries(targets)) {
    for (const module of parts) await compile(module, target);
  }
  await writeKernelSources();
  writeKernelFiles();
  writeFileSync(stamp, version);
}

async function buildPackage() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    target: 'es2022',
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
  };
  const readable = {
    ...common,
    minifyWhitespace: true, // comments are in the declarations; without them a process has less to read at its start
    lineLimit: 160, // for an uncaught error Node prints the whole line that threw
  };
  await bundle({
    ...readable,
    entryPoints: {
      index: 'src/index.ts',
      session: 'src/session.ts',
      datasets: 'datasets/index.ts',
      cli: 'src/cli/main.ts',
    },
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  await mergeChunks(join(root, 'dist'), 'session.js', 'datasets.js', 'session', readable);
  // For pages without a bundler: one file each. Pages print no lines, and breaks in the kernels' text cost 3 % of a download.
  await bundle({
    ...common,
    entryPoints: { 'espalier.min': 'src/index.ts', 'session.min': 'src/session.ts' },
    outdir: 'dist',
    minify: true,
  });
  await eagerStart(join(root, 'dist'));
  for (const [, , file] of files) {
    copyFileSync(join(root, 'build/kernels', `${file}.wasm`), join(root, 'dist', `${file}.wasm`));
  }
}

function buildTypes() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  // The declarations name the kernels' interfaces, which were generated and not compiled.
  for (const module of [...modules, 'decode']) {
    const file = join('build/kernels', `${module}.d.ts`);
    mkdirSync(join(root, 'dist/types', dirname(file)), { recursive: true });
    copyFileSync(join(root, file), join(root, 'dist/types', file));
  }
}

/** Whether the last build was one of everything, and of the sources as they are. */
function isWhole() {
  const types = statSync(join(root, 'dist/types/src/index.d.ts'), { throwIfNoEntry: false });
  const folders = ['src', 'datasets', 'assembly', 'scripts'].map((folder) => newest(join(root, folder)));
  const files = ['package.json', 'asconfig.json'].map((file) => statSync(join(root, file)).mtimeMs);
  return types !== undefined && types.mtimeMs > Math.max(...files, ...folders);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const only = process.argv[2];
  if (only !== '--pack' || !isWhole()) {
    await buildKernels();
    if (only !== '--kernels') await buildPackage();
    if (only === undefined || only === '--pack') buildTypes();
  }
}
