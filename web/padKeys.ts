/** Drawing with keys: arrows move a brush, the space bar puts it down, Delete clears. */
import { byId } from './dom.js';

/** Across and down, in units of the drawing. */
export type Point = readonly [x: number, y: number];

const steps: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Units that one press moves. */
const STEP = 20;

/** Calls `paint` with the points the brush goes through while it is down. */
export function padKeys(
  area: HTMLElement,
  units: number,
  paint: (point: Point, begins: boolean) => void,
  clear: () => void,
): void {
  const brush = byId('brush', HTMLElement);
  const held = new Set<string>();
  let place: Point = [units / 2, units / 2];
  const show = () => {
    brush.hidden = false;
    brush.style.left = `${(place[0] / units) * 100}%`;
    brush.style.top = `${(place[1] / units) * 100}%`;
    brush.classList.toggle('down', held.has(' '));
  };
  const move = () => {
    const inside = (value: number) => Math.min(Math.max(value, 0), units);
    for (const key of held) {
      const [x, y] = steps[key] ?? [0, 0];
      place = [inside(place[0] + x * STEP), inside(place[1] + y * STEP)];
    }
    if (held.has(' ')) paint(place, false);
  };
  area.addEventListener('keydown', (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === 'Delete' || key === 'Backspace') clear();
    else if (key === ' ') {
      if (!held.has(' ')) paint(place, true);
      held.add(' ');
    } else if (key in steps) {
      held.add(key);
      move(); // with all that are held, so that two arrows go aslant
    } else return;
    event.preventDefault(); // the page must not scroll
    show();
  });
  area.addEventListener('keyup', ({ key }) => {
    held.delete(key);
    if (key === ' ') show();
  });
  area.addEventListener('blur', () => {
    held.clear();
    brush.hidden = true;
  });
  area.addEventListener('pointerdown', () => {
    brush.hidden = true;
  });
}
