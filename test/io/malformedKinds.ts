/** Malformed safetensors files, made by hand: the data of malformed.test.ts. */
import { fileOf } from './support.js';

const ZEROS = (count: number) => new Array<number>(count).fill(0);
const one = (fields: string) => `{"a":{${fields}}}`;
const tensor = (name: string, begin: number, end: number, shape = `[${end - begin}]`) =>
  `"${name}":{"dtype":"U8","shape":${shape},"data_offsets":[${begin},${end}]}`;
const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const LIMIT = 'header must be at most 1000000 bytes (maxHeaderBytes)';
const EVERY = 'must be one of F32, U8, U16, U32, I32, got ';

/** A malformed file and a part of the message that must refuse it. */
export type Kind = readonly [kind: string, file: Uint8Array, message: string];

/** Files wrong before their header begins. */
export const wholeFile: readonly Kind[] = [
  ['an empty file', new Uint8Array(0), 'must hold an 8-byte header length, got an empty file'],
  ['seven bytes', new Uint8Array(7), 'must hold an 8-byte header length, got 7 bytes'],
  ['a length alone', fileOf('', [], 2n), 'byte 0: header must end within the file of 8 bytes, got length 2'],
  ['a header of no bytes', fileOf(''), 'byte 8: header must start with {, got the end of the header'],
  [
    'a header longer than the file',
    fileOf('{}', [], 3n),
    'must end within the file of 10 bytes, got length 3',
  ],
  ['a length one above the limit', fileOf('{}', [], 1_000_001n), `${LIMIT}, got 1000001`],
  ['the largest length', fileOf('{}', [], 2n ** 64n - 1n), `${LIMIT}, got 18446744073709551615`],
  ['a length that is negative when signed', fileOf('{}', [], 2n ** 63n), `${LIMIT}, got 9223372036854775808`],
  ['a length that wraps to 2 in 32 bits', fileOf('{}', [], 2n ** 32n + 2n), `${LIMIT}, got 4294967298`],
  ['a length that rounds as a float', fileOf('{}', [], 2n ** 53n + 1n), `${LIMIT}, got 9007199254740993`],
  ['an HTML page', Uint8Array.from(utf8('<!doctype html><p>Not found')), `${LIMIT}, got an HTML page`],
  ['a zip archive', Uint8Array.from(utf8('PK\x03\x04----------')), 'got a zip archive'],
  ['bare JSON', Uint8Array.from(utf8('{"a":1,"b":2}')), 'got JSON text'],
  ['bytes that are not UTF-8', fileOf([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'byte 8: header must be UTF-8'],
  ['an overlong UTF-8 form', fileOf([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x7d]), 'header must be UTF-8'],
  ['a surrogate in UTF-8', fileOf([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]), 'header must be UTF-8'],
];

/** Headers that are not JSON, or not JSON of objects in an object. */
export const grammar: readonly Kind[] = [
  ['a leading space', fileOf(' {}'), 'byte 8: header must start with {, got " {}"'],
  ['a byte order mark', fileOf('\ufeff{}'), 'byte 8: header must start with {'],
  ['an array', fileOf('[]'), 'header must start with {, got "[]"'],
  ['an object that does not end', fileOf('{'), 'byte 9: key must be a string, got the end of the header'],
  [
    'an object that stops after a value',
    fileOf('{"__metadata__":{}'),
    'byte 26: header must go on with , or end with }',
  ],
  ['a trailing comma', fileOf(`{${tensor('a', 0, 0)},}`), 'key must be a string, got "}"'],
  ['a missing colon', fileOf('{"a"}'), 'byte 12: a key must be followed by :, got "}"'],
  ['a key without quotes', fileOf('{a:1}'), 'byte 9: key must be a string, got "a:1}"'],
  ['a key that does not end', fileOf('{"a'), 'key must be a closed string'],
  ['a key that ends in a backslash', fileOf('{"a\\'), 'key must be a closed string'],
  ['an unknown escape', fileOf('{"\\x":1}'), 'byte 9: key must be a JSON string'],
  ['a line break inside a string', fileOf('{"a\nb":1}'), 'key must be a JSON string'],
  ['an escaped half of a surrogate pair', fileOf('{"\\ud800":1}'), 'key must be well-formed text'],
  ['a second object', fileOf('{}{}'), 'byte 10: nothing but spaces may follow the header object, got "{}"'],
  ['a zero byte as padding', fileOf('{}\0'), 'nothing but spaces may follow the header object'],
  ['a comment', fileOf('{/**/}'), 'key must be a string, got "/**/}"'],
  ['a tensor that is a number', fileOf('{"a":1}'), 'byte 13: tensor "a" must start with {, got "1}"'],
  ['a tensor that is null', fileOf('{"a":null}'), 'tensor "a" must start with {, got "null}"'],
  [
    'objects nested 100,000 deep',
    fileOf('{"a":'.repeat(100_000)),
    'fields of "a" must be dtype, shape and data_offsets',
  ],
  ['arrays nested 100,000 deep', fileOf(one(`"shape":${'['.repeat(100_000)}`)), 'numbers must be whole'],
];

/** Headers with keys, fields and types that may not be. */
export const keys: readonly Kind[] = [
  [
    'a repeated tensor',
    fileOf(`{${tensor('a', 0, 1)},${tensor('a', 0, 1)}}`, [0]),
    'keys must not repeat, got "a"',
  ],
  [
    'a tensor repeated by an escape',
    fileOf(`{${tensor('a', 0, 0)},${tensor('\\u0061', 0, 0)}}`),
    'keys must not repeat',
  ],
  [
    'repeated __proto__',
    fileOf(`{${tensor('__proto__', 0, 0)},${tensor('__proto__', 0, 0)}}`),
    'keys must not repeat',
  ],
  [
    'a repeated field',
    fileOf(one('"dtype":"U8","dtype":"U8"')),
    'byte 27: keys must not repeat, got "dtype"',
  ],
  ['repeated metadata', fileOf('{"__metadata__":{},"__metadata__":{}}'), 'keys must not repeat'],
  ['a repeated metadata key', fileOf('{"__metadata__":{"k":"1","k":"2"}}'), 'keys must not repeat, got "k"'],
  ['metadata that is a string', fileOf('{"__metadata__":"x"}'), '__metadata__ must start with {'],
  [
    'a metadata value that is a number',
    fileOf('{"__metadata__":{"k":1}}'),
    '__metadata__ "k" must be a string, got "1}}"',
  ],
  [
    'a metadata value that is an object',
    fileOf('{"__metadata__":{"k":{}}}'),
    '__metadata__ "k" must be a string',
  ],
  ['an unknown field', fileOf(one('"stride":[1]')), 'must be dtype, shape and data_offsets, got "stride"'],
  [
    'no fields',
    fileOf('{"a":{}}'),
    'byte 9: tensor "a" must have dtype, shape and data_offsets, got no dtype',
  ],
  ['no shape', fileOf(one('"dtype":"U8","data_offsets":[0,0]')), 'got no shape'],
  ['no offsets', fileOf(one('"dtype":"U8","shape":[0]')), 'got no data_offsets'],
  ['a dtype that is a number', fileOf(one('"dtype":8')), 'dtype of "a" must be a string, got "8}}"'],
  ['a half-precision type', fileOf(one('"dtype":"BF16"')), `byte 22: dtype of "a" ${EVERY}"BF16"`],
  ['a type of 4 bits', fileOf(one('"dtype":"F4"')), `${EVERY}"F4"`],
  ['a type in lower case', fileOf(one('"dtype":"f32"')), `${EVERY}"f32"`],
  ['a type named like a property of objects', fileOf(one('"dtype":"constructor"')), `${EVERY}"constructor"`],
];

/** Dimensions that are not whole numbers in [0, 2^53). */
export const numbers: readonly Kind[] = [
  '-1',
  '-0',
  '1.0',
  '1.5',
  '1e3',
  '01',
  '+1',
  '0x10',
  'NaN',
  'Infinity',
  'true',
  'null',
  '"1"',
  '9007199254740992',
  '9007199254740993',
  '18446744073709551615',
  '1'.repeat(400_000),
].map((text) => [
  `the dimension ${text.slice(0, 24)}`,
  fileOf(one(`"dtype":"U8","shape":[${text}],"data_offsets":[0,1]`), [0]),
  'byte 36: numbers must be whole, >= 0 and below 2^53, got ',
]);

const offsets = (text: string, data = 1) =>
  fileOf(one(`"dtype":"U8","shape":[1],"data_offsets":${text}`), ZEROS(data));

/** Tensors that do not cover the data section exactly. */
export const layout: readonly Kind[] = [
  ['one offset', offsets('[0]'), 'data_offsets of "a" must be two numbers, got 1'],
  ['three offsets', offsets('[0,1,2]'), 'must be two numbers, got 3'],
  ['offsets in an object', offsets('{}'), 'data_offsets of "a" must start with [, got "{}}}"'],
  ['a negative offset', offsets('[-1,0]'), 'numbers must be whole'],
  ['offsets that fall', offsets('[1,0]'), '"a" must span 1 bytes by its shape, got offsets 1 to 0'],
  [
    'offsets wider than the shape',
    offsets('[0,2]', 2),
    '"a" must span 1 bytes by its shape, got offsets 0 to 2',
  ],
  [
    'offsets for another element size',
    fileOf(one('"dtype":"F32","shape":[2],"data_offsets":[0,2]'), [0, 0]),
    'must span 8 bytes',
  ],
  ['data past the end of the file', offsets('[0,1]', 0), 'must end where the file ends, at offset 0, got 1'],
  ['bytes after the last tensor', offsets('[0,1]', 2), 'must end where the file ends, at offset 2, got 1'],
  ['data without tensors', fileOf('{}', [0]), 'must end where the file ends, at offset 1, got 0'],
  [
    'a first tensor that begins late',
    offsets('[1,2]', 2),
    '"a" must begin at offset 0, without hole or overlap, got 1',
  ],
  [
    'a hole',
    fileOf(`{${tensor('a', 0, 1)},${tensor('b', 2, 3)}}`, ZEROS(3)),
    '"b" must begin at offset 1, without hole',
  ],
  [
    'an overlap',
    fileOf(`{${tensor('a', 0, 2)},${tensor('b', 1, 3)}}`, ZEROS(3)),
    '"b" must begin at offset 2, without hole',
  ],
  [
    'two tensors in one place',
    fileOf(`{${tensor('a', 0, 1)},${tensor('b', 0, 1)}}`, [0]),
    '"b" must begin at offset 1',
  ],
  [
    'a zero-size tensor inside another',
    fileOf(`{${tensor('a', 0, 2)},${tensor('b', 1, 1)}}`, ZEROS(2)),
    '"b" must begin at offset 2',
  ],
  ['a zero-size tensor past the end', fileOf(`{${tensor('a', 5, 5)}}`), '"a" must begin at offset 0'],
  [
    'a product above 2^53',
    fileOf(`{${tensor('a', 0, 1, '[4294967296,4294967296]')}}`, [0]),
    'size must be below 2^53, got 4294967296 * 4294967296',
  ],
  [
    'a product that wraps to 0 in 64 bits',
    fileOf(`{${tensor('a', 0, 0, '[4294967296,4294967296,1]')}}`),
    'below 2^53',
  ],
  [
    'bytes above 2^53',
    fileOf(one('"dtype":"F32","shape":[4503599627370496],"data_offsets":[0,0]')),
    'below 2^53, got 4503599627370496 * 4',
  ],
  [
    'a huge product hidden by a zero',
    fileOf(`{${tensor('a', 0, 0, '[4294967296,4294967296,0]')}}`),
    'below 2^53',
  ],
];

/** Small files that claim to be large. */
export const bombs: readonly Kind[] = [
  [
    '1 GB in 100 bytes',
    fileOf(one('"dtype":"F32","shape":[268435456],"data_offsets":[0,1073741824]')),
    'must end where the file ends, at offset 0, got 1073741824',
  ],
  ['1 GB of offsets over 1 byte', fileOf(`{${tensor('a', 0, 2 ** 30)}}`, [0]), 'at offset 1, got 1073741824'],
  [
    '1 GB in the sum of ten tensors',
    fileOf(`{${Array.from({ length: 10 }, (_, i) => tensor(`t${i}`, i * 1e8, (i + 1) * 1e8))}}`),
    'at offset 0, got 1000000000',
  ],
  [
    '2^53 bytes in one tensor',
    fileOf(`{${tensor('a', 0, 2 ** 53 - 1)}}`),
    'at offset 0, got 9007199254740991',
  ],
  [
    '10,001 tensors of no bytes',
    fileOf(`{${Array.from({ length: 10_001 }, (_, i) => tensor(`t${i}`, 0, 0))}}`),
    'at most 10000 tensors (maxTensors), got more',
  ],
];
