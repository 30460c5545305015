/** Elements as strings, for HTML and SVG alike. The only place where text becomes markup. */
import { DataError } from '../errors.js';

/** Attribute values; undefined leaves the attribute out, numbers are rounded to two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for element content and for quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

function attributeText(element: string, name: string, value: string | number): string {
  if (typeof value === 'string') return escapeText(value);
  if (!Number.isFinite(value)) throw new DataError(`${element}: ${name} must be finite, got ${value}`);
  return String(Math.round(value * 100) / 100 || 0);
}

/** One element; `children` are markup already, attribute values are escaped here. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  let open = name;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${key}="${attributeText(name, key, value)}"`;
  }
  return `<${open}>${children.join('')}</${name}>`;
}

/**
 * A value as JSON for a `<script type="application/json">`: no `<`, so that no string can close the script or
 * open a comment, and no line separators that older parsers reject.
 */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
