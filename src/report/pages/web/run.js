'use strict';
(() => {
  const { curves, weights, recalls, ious, evaluations } = seg.data;
  const named = (name, points, more = {}) => ({ name, points, ...more });

  const losses = [named('loss', curves.loss ?? [])];
  if (curves.cross_entropy) losses.push(named('cross entropy, training', curves.cross_entropy, { dash: [5, 4] }));
  if (curves.val_cross_entropy) losses.push(named('cross entropy, validation', curves.val_cross_entropy, { dots: 2 }));
  seg.lines('chart-loss', losses, 'loss');
  seg.lines('chart-rate', [named('learning rate', curves.learning_rate ?? [])], '', { beginAtZero: true });
  const percent = pairs => (pairs ?? []).map(([x, y]) => [x, y === null ? null : 100 * y]);
  seg.lines('chart-scores', [named('mean accuracy', percent(curves.mean_accuracy), { dots: 3 }), named('mIoU', percent(curves.mean_iou), { dots: 3 })],
    'per cent', { min: 0, max: 100 });

  // Rare classes have thick lines, on top; the others thin, dashed lines.
  const byClass = series => series.map((one, i) => ({
    name: one.rare ? `★ ${one.name} (rare)` : one.name, points: one.points, hue: i, rare: one.rare,
    width: one.rare ? 3 : 1.5, faint: !one.rare, dash: one.rare || !series.some(other => other.rare) ? [] : [4, 3],
  }));
  if (weights.length) seg.lines('chart-weights', byClass(weights), 'weight', { beginAtZero: true });
  if (recalls.length) seg.lines('chart-recalls', byClass(recalls), 'recall', { min: 0, max: 1 });
  if (ious.length) seg.lines('chart-ious', byClass(ious), 'IoU', { min: 0, max: 1 });

  evaluations.forEach((one, i) => seg.bars(`chart-classes-${i}`, one.names, [
    { name: 'IoU', values: one.iou }, { name: 'accuracy', values: one.accuracy }, { name: 'precision', values: one.precision },
  ], 'per cent', { min: 0, max: 100 }));
})();
