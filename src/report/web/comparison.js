'use strict';
(() => {
  const { names, losses } = seg.data;
  const known = points => points.filter(point => point.x !== null && point.y !== null);
  // The runs of a loss and their mean share a colour and a button.
  const sets = losses.map((loss, i) => {
    const runs = known(loss.runs), mean = known([loss.mean]);
    return {
      label: loss.name, data: [...runs, ...mean], hue: i,
      pointRadius: [...runs.map(() => 4), ...mean.map(() => 9)],
      pointHoverRadius: [...runs.map(() => 6), ...mean.map(() => 11)],
      pointStyle: [...runs.map(() => 'circle'), ...mean.map(() => 'rectRot')],
    };
  });
  const told = ({ raw, dataset }) =>
    `${dataset.label}, ${raw.seed === undefined ? 'mean' : 'seed ' + raw.seed}: accuracy ${raw.x.toFixed(2)}, mIoU ${raw.y.toFixed(2)}`;
  seg.draw('chart-scatter', 'scatter', sets, seg.axis('mean accuracy, per cent', { type: 'linear', grace: '8%' }), seg.axis('mIoU, per cent', { grace: '8%' }),
    { interaction: { mode: 'nearest', intersect: true }, plugins: { tooltip: { callbacks: { label: told } } } });

  // The first loss is what the others are held against; its colour stays its own.
  for (const score of ['iou', 'accuracy', 'precision'])
    seg.bars(`chart-${score}`, names, losses.slice(1).map((loss, i) => ({ name: loss.name, values: loss[score], hue: i + 1 })), 'points');
})();
