/** Small helpers over the document. */

/** The element of that id. Throws unless it is there and of that kind: markup and scripts are made together. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`#${id} must be a ${kind.name}`);
  return found;
}

/** Sets the text of the element of that id, unless it is the same already. */
export function setText(id: string, text: string): void {
  const element = byId(id, HTMLElement);
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with a class and text. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  text = '',
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  return element;
}

/** A colour of the style sheet, such as `--sparse`, as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Red, green and blue of a colour of the style sheet, 0 to 255; those are all written in hexadecimal digits. */
export function channels(name: string): readonly [number, number, number] {
  const digits = colour(name).slice(1);
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const at = (start: number) => Number.parseInt(long.slice(start, start + 2), 16);
  return [at(0), at(2), at(4)];
}

/** The drawing context of a canvas that scripts read back, kept out of graphics memory. */
export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true })!;
}

/** Colours the track of a slider up to its thumb. */
export function fillTrack(slider: HTMLInputElement): void {
  const [least, most] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty('--at', String((Number(slider.value) - least) / (most - least)));
}
