/** Names what was given instead of a model, for error messages. */

const MAGIC: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip archive'],
  ['\x1f\x8b', 'a gzip file'],
  ['\x93NUMPY', 'a NumPy array'],
  ['GGUF', 'a GGUF file'],
  ['\x89HDF', 'an HDF5 file'],
  ['\x80\x02', 'a Python pickle'],
  ['\x80\x04', 'a Python pickle'],
  ['version https://git-lfs', 'a Git LFS pointer'],
  ['{', 'JSON text'],
];

const HTML = /^(\xef\xbb\xbf)?\s*<(!doctype|!--|html|head|body|\?xml)/i;

function startOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 64));
}

/** True when `bytes` begin like an HTML page, which is what a server sends for a wrong address. */
export function isHtml(bytes: Uint8Array): boolean {
  return HTML.test(startOf(bytes));
}

/** What the first bytes of a file look like, such as `a zip archive`; undefined when they say nothing. */
export function recognize(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'an empty file';
  if (isHtml(bytes)) return 'an HTML page';
  const start = startOf(bytes);
  return MAGIC.find(([magic]) => start.startsWith(magic))?.[1];
}
