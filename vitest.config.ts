import { defineConfig } from 'vitest/config';
import { version } from './scripts/build.mjs';

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/buildKernels.ts'],
    testTimeout: 30_000,
  },
});
