/** What is installed in this folder. Read from disk, for some packages hide their package.json from `import`. */

import { existsSync, readFileSync } from 'node:fs';

/** @param {string} name */
const manifest = (name) => new URL(`node_modules/${name}/package.json`, import.meta.url);

/** @param {string} name */
export const isInstalled = (name) => existsSync(manifest(name));

/** @param {string} name @returns {string} */
export const installedVersion = (name) => JSON.parse(readFileSync(manifest(name), 'utf8')).version;
