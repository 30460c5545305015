/** Drawing with mouse, finger or pen. */
import type { Point } from './padKeys.js';

/** Calls `paint` with points in units of the drawing. */
export function padPointer(
  area: HTMLElement,
  units: number,
  paint: (point: Point, begins: boolean) => void,
): void {
  let active: number | null = null;
  const at = (event: PointerEvent): Point => {
    const box = area.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * units,
      ((event.clientY - box.top) / box.height) * units,
    ];
  };
  area.addEventListener('pointerdown', (event) => {
    if (active !== null || event.button !== 0) return;
    active = event.pointerId;
    area.setPointerCapture(active);
    paint(at(event), true);
    event.preventDefault(); // no selection; and the focus ring is for those who use keys
    area.focus({ preventScroll: true });
  });
  area.addEventListener('pointermove', (event) => {
    if (event.pointerId !== active) return;
    const all = event.getCoalescedEvents?.() ?? []; // older Safari has none
    for (const one of all.length > 0 ? all : [event]) paint(at(one), false);
  });
  const end = (event: PointerEvent) => {
    if (event.pointerId === active) active = null;
  };
  area.addEventListener('pointerup', end);
  area.addEventListener('pointercancel', end);
}
