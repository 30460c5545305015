/** What models are judged by: the accuracy, or the loss where targets are numbers and there is no right answer. */
import { percentAxis } from './demoText.js';
import type { ChartAxis } from './svg.js';
import { formatPercent } from './table.js';

/** A measure of how good a model is. */
export type Quality = 'accuracy' | 'loss';

/** Metrics of which one may be unknown. */
export type Measured = { readonly [name in Quality]?: number | undefined };

/** The loss where no accuracy is a number, and a loss is. */
export function qualityOf(measured: readonly (Measured | undefined)[]): Quality {
  const has = (quality: Quality) => measured.some((one) => Number.isFinite(one?.[quality]));
  return !has('accuracy') && has('loss') ? 'loss' : 'accuracy';
}

/** `98.12 %` of an accuracy, `0.01234` of a loss. */
export function qualityText(quality: Quality, value: number): string {
  if (quality === 'accuracy') return formatPercent(value);
  return Number.isFinite(value) ? value.toPrecision(4) : 'n/a';
}

/** Axis of accuracies or losses. */
export function qualityAxis(quality: Quality, label: string): ChartAxis {
  if (quality === 'accuracy') return percentAxis(label);
  return { label, zero: true, valueText: (value) => qualityText('loss', value) };
}

/** The same for values far apart: accuracies differ most near 1, so what is missing to 1 is drawn on a logarithmic axis there. */
export function spreadAxis(quality: Quality, values: readonly number[]): ChartAxis {
  const known = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const wide = quality === 'accuracy' && most > 0.9 && most < 0.9999 && least < 0.9;
  return wide
    ? { ...percentAxis('accuracy, error logarithmic'), kind: 'error' }
    : qualityAxis(quality, quality);
}
