'use strict';
(() => {
  const { names, losses } = seg.data;
  const known = points => points.filter(point => point.x !== null && point.y !== null);
  // One Chart.js data set per loss, so that one button shows and hides it: runs, mean, error bars of one standard deviation, and the curve of its
  // checkpoints with logit adjustment. A gap keeps separate parts from being joined by a line.
  const gap = { x: NaN, y: NaN };
  const parts = loss => {
    const mean = known([loss.mean]).map(point => ({ ...point, told: 'mean', size: 8 }));
    const across = mean.flatMap(({ x, y }) => (loss.sd.x === null ? [] : [{ x: x - loss.sd.x, y }, { x: x + loss.sd.x, y }]));
    const along = mean.flatMap(({ x, y }) => (loss.sd.y === null ? [] : [{ x, y: y - loss.sd.y }, { x, y: y + loss.sd.y }]));
    const runs = known(loss.runs).flatMap(run => [{ ...run, told: `seed ${run.seed}`, size: 3 }, gap]);
    return [...runs, ...mean, gap, ...across, gap, ...along, gap, ...loss.curve.map(point => ({ ...point, told: `logit adjustment ${point.tau}`, size: 1.5 }))];
  };
  const sets = losses.map((loss, i) => {
    const data = parts(loss);
    const of = (size, other) => data.map(point => (point.told ? size(point) : other));
    return {
      label: loss.name, data, hue: i, showLine: true, borderWidth: 1.5,
      segment: {
        borderDash: ({ p1 }) => (p1.raw.tau === undefined ? undefined : [5, 4]),
        borderWidth: ({ p1 }) => (p1.raw.tau !== undefined && loss.baseline ? 3.5 : undefined),
      },
      pointRadius: of(point => point.size, 0), pointHoverRadius: of(point => point.size + 2, 0), pointHitRadius: of(() => 4, 0),
      pointStyle: data.map(point => (point.told === 'mean' ? 'rectRot' : 'circle')),
    };
  });
  const told = ({ raw, dataset }) => `${dataset.label}, ${raw.told}: accuracy ${raw.x.toFixed(2)}, mIoU ${raw.y.toFixed(2)}`;
  seg.draw('chart-scatter', 'scatter', sets, seg.axis('mean accuracy, per cent', { type: 'linear', grace: '4%' }), seg.axis('mIoU, per cent', { grace: '4%' }),
    // Parsed, since points are not sorted by x: otherwise the axis would range from the first to the last point.
    { parsing: { xAxisKey: 'x', yAxisKey: 'y' }, interaction: { mode: 'nearest', intersect: true }, plugins: { tooltip: { callbacks: { label: told } } } });

  // The others are compared with the first loss, so it has no bars, but keeps its colour.
  for (const score of ['iou', 'accuracy', 'precision'])
    seg.bars(`chart-${score}`, names, losses.slice(1).map((loss, i) => ({ name: loss.name, values: loss[score], hue: i + 1 })), 'points');
})();
