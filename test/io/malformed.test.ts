import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { decodeSafetensors } from '../../src/io/safetensors.js';
import { bombs, grammar, keys, layout, numbers, wholeFile } from './malformedKinds.js';
import { fileOf } from './support.js';

describe.each([
  ['a file', wholeFile],
  ['JSON', grammar],
  ['a header', keys],
  ['a number', numbers],
  ['a layout', layout],
  ['a bomb', bombs],
])('%s that is malformed is refused:', (_, kinds) => {
  test.each(kinds)('%s', (_kind, file, message) => {
    const before = process.memoryUsage().arrayBuffers;
    const attempt = () => decodeSafetensors(file);
    expect(attempt).toThrow(FormatError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^decodeSafetensors: .*, got /);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * file.length + 2 ** 20);
  });
});

test('no message is longer than a few lines, however long the name at fault', () => {
  const name = 'n'.repeat(500_000);
  for (const header of [`{"${name}":1}`, `{"${name}`, `{"a":{"dtype":"${name}"}}`, `{"\\x${name}":1}`]) {
    let message = '';
    try {
      decodeSafetensors(fileOf(header));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('got');
    expect(message.length).toBeLessThan(300);
  }
});

test('byte offsets in messages count UTF-8 bytes of the file', () => {
  expect(() => decodeSafetensors(fileOf('{"\u{1f333}":1}'))).toThrow('byte 16: tensor');
});
