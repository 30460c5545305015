/** Where the texts of an SVG stand, estimated from their attributes as the charts do. */
import { textWidth } from '../../src/report/svg.js';

export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Boxes of all `<text>` in a piece of markup; `font` is the size that those inherit that give none. */
export function textBoxes(svg: string, font: number): TextBox[] {
  return [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].map(([, attributes, text]) => {
    const value = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(attributes!)?.[1];
    const size = Number(value('font-size') ?? font);
    const width = textWidth(text!, size);
    const share = { start: 0, middle: 0.5, end: 1 }[value('text-anchor') ?? 'start']!;
    const left = Number(value('x')) - share * width;
    const y = Number(value('y'));
    return { text: text!, left, right: left + width, top: y - 0.75 * size, bottom: y + 0.2 * size };
  });
}

/** Pairs of texts that overlap. */
export function collisions(boxes: readonly TextBox[]): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} / ${b.text}`),
  );
}
