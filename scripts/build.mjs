// Builds everything: kernels (assembly/ to build/), the package (src/ and datasets/ to dist/), types.
//   node scripts/build.mjs           all of it
//   node scripts/build.mjs --quick   what running needs: no types
//   node scripts/build.mjs --kernels only the kernels
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = ['infer', 'train', 'prune'];
/** What is compiled: training and pruning are reproducible, so there is no relaxed build of them. */
const targets = { simd: modules, relaxed: ['infer'], debug: modules };

/** Newest modification time below a folder, in milliseconds. */
function newest(folder) {
  return Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
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

/**
 * Wraps one module for bundling. Plain base64: deflating it first would save 3 KB of download, and cost 3 of the 10 ms
 * that a session may take to start.
 */
function writeKernelSource(module, target = 'simd') {
  const bytes = readFileSync(join(root, 'build', target, `${module}.wasm`));
  if (target !== 'simd') {
    const base = join(root, 'build/kernels', `${module}.${target}`);
    writeFileSync(`${base}.js`, `export const base64 = '${bytes.toString('base64')}';\n`);
    writeFileSync(`${base}.d.ts`, '/** The module. */\nexport declare const base64: string;\n');
    return;
  }
  const type = `${module[0].toUpperCase()}${module.slice(1)}Kernels`;
  const declarations = readFileSync(join(root, 'build/simd', `${module}.d.ts`), 'utf8');
  const base = join(root, 'build/kernels', module);
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.js`, `export const base64 = '${bytes.toString('base64')}';\n`);
  writeFileSync(
    `${base}.d.ts`,
    `${abiOf(declarations, type)}/** The module. */\nexport declare const base64: string;\n`,
  );
}

/** Compiles the kernels unless the outcome is newer than every source. */
export async function buildKernels() {
  const stamp = join(root, 'build/kernels/stamp');
  try {
    const sources = [newest(join(root, 'assembly')), statSync(join(root, 'asconfig.json')).mtimeMs];
    sources.push(statSync(fileURLToPath(import.meta.url)).mtimeMs);
    if (statSync(stamp).mtimeMs > Math.max(...sources)) return;
  } catch {
    // no stamp: a first build
  }
  for (const [target, parts] of Object.entries(targets)) {
    for (const module of parts) await compile(module, target);
  }
  for (const module of modules) writeKernelSource(module);
  writeKernelSource('infer', 'relaxed');
  writeFileSync(stamp, '');
}

async function buildPackage() {
  const { build } = await import('esbuild');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await build({
    absWorkingDir: root,
    entryPoints: {
      index: 'src/index.ts',
      session: 'src/session.ts',
      datasets: 'datasets/index.ts',
      cli: 'src/cli/main.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    target: 'es2022',
    chunkNames: 'chunks/[name]-[hash]',
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
  });
}

function buildTypes() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  // The declarations name the kernels' interfaces, which were generated and not compiled.
  for (const module of [...modules, 'infer.relaxed']) {
    const file = join('build/kernels', `${module}.d.ts`);
    mkdirSync(join(root, 'dist/types', dirname(file)), { recursive: true });
    copyFileSync(join(root, file), join(root, 'dist/types', file));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const only = process.argv[2];
  await buildKernels();
  if (only !== '--kernels') await buildPackage();
  if (only === undefined) buildTypes();
}
