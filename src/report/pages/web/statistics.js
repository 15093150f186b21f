'use strict';
(() => {
  const { names, shares, schemes } = seg.data;
  // Only powers of ten are labelled; the smallest bar keeps some length.
  const named = value => (Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? String(value) : '');
  const logarithmic = values => ({ type: 'logarithmic', min: Math.min(...values.filter(value => value > 0)) / 2, ticks: { callback: named } });
  seg.bars('chart-shares', names, [{ name: 'share', values: shares }], 'per cent', logarithmic(shares));
  seg.bars('chart-weights', names, schemes, 'weight', logarithmic(schemes.flatMap(scheme => scheme.values)));
})();
