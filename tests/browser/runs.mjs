// Run directories as segtrain and segeval leave them, small: what segreport makes the tested pages from.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Four squares side by side.
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAABAAAAADCAMAAACtb39mAAAADFBMVEUAAACAQIBaWlp4oMjoa8N4AAAAE0lEQVR42mNgBgJGKGACAgaCAgAI2QBVuON1XAAAAABJRU5ErkJggg==', 'base64');

const ratio = (part, whole) => (whole > 0 ? part / whole : null);
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

// From frequent to rare; most truth pixels are found, the others called by the next class.
function confusionOf(names, quality) {
  return names.map((_, truth) => names.map((_, predicted) => {
    const pixels = Math.round(100000 / 3 ** truth) + 3;
    const found = Math.round(pixels * quality / (1 + 0.1 * truth));
    return predicted === truth ? found : predicted === (truth + 1) % names.length ? pixels - found : 0;
  }));
}

function reportOf(names, quality) {
  const confusion = confusionOf(names, quality);
  const classes = names.map((name, id) => {
    const truth = confusion[id].reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[id], 0);
    const hits = confusion[id][id];
    return {
      id, name, pixels: truth, accuracy: ratio(hits, truth), precision: ratio(hits, predicted),
      iou: ratio(hits, truth + predicted - hits), f1: ratio(2 * hits, truth + predicted),
    };
  });
  const all = score => mean(classes.map(one => one[score] ?? 0));
  return {
    split: 'val', images: 2, pixels: classes.reduce((sum, one) => sum + one.pixels, 0), overall_accuracy: quality, mean_accuracy: all('accuracy'),
    mean_iou: all('iou'), mean_precision: all('precision'), mean_f1: all('f1'), frequency_weighted_iou: quality, classes, confusion,
    checkpoint: 'best.safetensors',
  };
}

function events(names, loss, seed) {
  const byClass = value => Object.fromEntries(names.map((name, id) => [name, value(id)]));
  const list = [{ event: 'start', iteration: 0, name: names[0], loss, dataset: 'camvid', seed, iterations: 400, device: 'cpu', versions: 'LibTorch' }];
  for (let iteration = 10; iteration <= 400; iteration += 10) {
    const progress = iteration / 400;
    const recall = id => (iteration < 30 && id > 3 ? null : progress / (1 + 0.3 * id));
    list.push({
      event: 'train', iteration, loss: 2 - progress, cross_entropy: 1.9 - progress, learning_rate: 0.01 * (1 - progress),
      class_weights: byClass(id => 1 - (recall(id) ?? 0)), class_recalls: byClass(recall),
    });
    if (iteration % 100 === 0) list.push({ event: 'validation', iteration, mean_iou: 0.5 * progress, mean_accuracy: 0.7 * progress, cross_entropy: 1 });
  }
  return [...list, { event: 'end', iteration: 400, reason: 'finished', weights_digest: 'abc' }];
}

export function writeRun(folder, { names, loss = 'recall', seed = 0, quality = 0.8 }) {
  const evaluation = join(folder, 'eval/val');
  mkdirSync(join(evaluation, 'panels'), { recursive: true });
  writeFileSync(join(folder, 'metrics.jsonl'), events(names, loss, seed).map(event => JSON.stringify(event) + '\n').join(''));
  writeFileSync(join(folder, 'config.yaml'), `name: "${names[0]}"\nloss: {type: ${loss}}\n# ${'a long line '.repeat(30)}\n`);
  writeFileSync(join(evaluation, 'report.json'), JSON.stringify(reportOf(names, quality)));
  const cells = confusionOf(names, quality).flatMap((row, truth) => row.map((count, predicted) => [truth, predicted, count]));
  const images = ['val/0001', 'val/0002'].map(id => JSON.stringify({ id, confusion: cells.filter(cell => cell[2] > 0) }) + '\n');
  writeFileSync(join(evaluation, 'per_image.jsonl'), images.join(''));
  writeFileSync(join(evaluation, 'panels/a.png'), png);
  writeFileSync(join(evaluation, 'panels/index.json'), JSON.stringify({
    panels: [{ title: 'best', id: 'val/0001', file: 'a.png', mean_iou: 0.5 }, { title: `most of the rare class ${names.at(-1)}`, id: 'val/0002', file: 'a.png', mean_iou: null }],
  }));
}
