/** The report on a pruned model: one offline HTML page. */
import { writeAtomically } from '../io/files.js';
import { type Liveness, liveness } from '../prune/liveness.js';
import { overlapSection, sensitivitySection } from './comparisonSections.js';
import { checkContent, imageShapeOf, type ReportContent } from './content.js';
import { element, escapeText } from './markup.js';
import { masksBody, networkBody, type StudiedModel } from './networkSection.js';
import { factList, type PageSection, page } from './page.js';
import { headlineOf, tilesOf } from './reportHead.js';
import { roundsSection } from './roundsSection.js';
import { scoresSection } from './scoresSection.js';
import { tradeOffSection } from './tradeOffSection.js';

type Studied = readonly (readonly [name: string, model: StudiedModel])[];

function study({ models = {}, imageShape }: ReportContent): Studied {
  return Object.entries(models).map(([name, model]) => {
    return [name, { model, liveness: liveness(model), image: imageShapeOf(model, imageShape) }] as const;
  });
}

/** One section over all models, each below its name where there are several. */
function modelSection(heading: string, studied: Studied, body: (one: StudiedModel) => string): PageSection[] {
  if (studied.length === 0) return [];
  const parts = studied.map(([name, one]) => {
    const title = studied.length > 1 ? element('h3', {}, escapeText(name)) : '';
    return title + body(one);
  });
  return [{ heading, body: parts.join('\n') }];
}

function sectionsOf(content: ReportContent, studied: Studied): PageSection[] {
  const { pruning, sensitivity, tradeOffs = [], overlaps = {}, facts = {} } = content;
  const scores = pruning && scoresSection(pruning);
  const environment = { heading: 'Environment', body: factList(Object.entries(facts)) };
  return [
    ...(tradeOffs.length > 0 ? [tradeOffSection(tradeOffs)] : []),
    ...(pruning ? [roundsSection(pruning)] : []),
    ...modelSection('What is left', studied, networkBody),
    ...modelSection('Masks', studied, masksBody),
    ...(scores ? [scores] : []),
    ...(sensitivity ? [sensitivitySection(sensitivity)] : []),
    ...(Object.keys(overlaps).length > 0 ? [overlapSection(overlaps)] : []),
    ...(Object.keys(facts).length > 0 ? [environment] : []),
  ];
}

/** Numbers of a model for programs: counts, without the lists of single units. */
function livenessData({ inputs, layers, sparsity, effectiveSparsity }: Liveness) {
  const counts = layers.map(({ fanIn: _in, readers: _out, ...rest }) => rest);
  return { inputs, layers: counts, sparsity, effectiveSparsity };
}

function dataOf(content: ReportContent, studied: Studied): object {
  const { pruning, sensitivity, tradeOffs, overlaps, facts } = content;
  const { log, ...rest } = pruning ?? { log: undefined };
  const models = studied.map(([name, one]) => [name, livenessData(one.liveness)] as const);
  return {
    ...(pruning && { pruning: { ...rest, log: log!.entries } }),
    ...(models.length > 0 && { models: Object.fromEntries(models) }),
    ...{ sensitivity, tradeOffs, overlaps, facts },
  };
}

/**
 * A report as one HTML page that loads nothing: light and dark, for screens, phones and paper. Sections: trade-off curves,
 * rounds with thresholds, live pixels and units, masks, histograms of scores with their cuts, sensitivity, overlap; those
 * for which there is no content are left out. Equal content gives equal bytes. Works in browsers too.
 *
 * @throws OptionError or ShapeError for content that cannot be drawn; DisposedError for models after dispose().
 */
export function renderReport(content: ReportContent): string {
  checkContent(content);
  const studied = study(content);
  const last = studied.at(-1)?.[1];
  const headline = headlineOf(content, last);
  return page({
    title: `Espalier: ${headline}`,
    kicker: 'Espalier pruning report',
    headline,
    summary: content.summary ?? '',
    tiles: tilesOf(content, last),
    sections: sectionsOf(content, studied),
    contents: true,
    data: dataOf(content, studied),
  });
}

/**
 * Writes renderReport() to a file, atomically. Throws what that throws, FileError, and UnsupportedError in browsers.
 *
 * @example
 * ```ts
 * import { dense, prune, relu, report, sensitivity, sequential } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const data = syntheticDigits({ samples: 500, shape: [784] });
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(32), relu(), dense(10)]);
 * await model.fit(data.images, data.labels, { epochs: 2 });
 * const pruning = await prune(model, { sparsity: 0.9 });
 * const found = await sensitivity(model, data, { sparsities: [0.95, 0.99] });
 * await report('report.html', { pruning, models: { pruned: model }, sensitivity: found });
 * ```
 */
export async function report(path: string, content: ReportContent): Promise<void> {
  await writeAtomically(path, new TextEncoder().encode(renderReport(content)), 'report');
}
