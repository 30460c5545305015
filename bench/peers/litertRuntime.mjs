/** Loads LiteRT.js in Node: it is made for browsers, and finds its WebAssembly glue by a script tag or importScripts. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { loadLiteRt } from '@litertjs/core';
import { keepingGlobals } from './keepingGlobals.mjs';

/** What LiteRT's loader wants to find, and what it leaves behind. */
const GLOBALS = ['self', 'importScripts', 'Module', 'ModuleFactory'];

/** Runs the glue as CommonJS, for which Emscripten prepared it, and hands on its factory. @param {string} url */
function importScripts(url) {
  const path = fileURLToPath(url);
  const module = { exports: {} };
  const names = ['module', 'exports', 'require', '__filename', '__dirname'];
  const script = compileFunction(readFileSync(path, 'utf8'), names, { filename: path });
  script(module, module.exports, createRequire(path), path, dirname(path));
  Object.assign(globalThis, { ModuleFactory: module.exports });
}

/** Drops the log, keeps errors. @param {string} line */
function printErr(line) {
  if (!/^(INFO|WARNING|VERBOSE)\b/.test(line)) console.error(line);
}

async function load() {
  const folder = new URL('../wasm/', import.meta.resolve('@litertjs/core'));
  const { warn } = console;
  console.warn = () => {}; // that there is no WebGPU device
  try {
    return await keepingGlobals(GLOBALS, () => {
      Object.assign(globalThis, { self: globalThis, importScripts, Module: { print() {}, printErr } });
      return loadLiteRt(folder.href);
    });
  } finally {
    console.warn = warn;
  }
}

/** @type {ReturnType<typeof load> | undefined} */
let loading;

/** LiteRT, loaded once: the build for one thread; with relaxed SIMD where Node has it (22 and later), else with SIMD. */
export function litert() {
  loading ??= load();
  return loading;
}
