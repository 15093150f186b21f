'use strict';
// Drawing functions for all pages: colours of the theme, and charts whose legend consists of buttons, so that it works with the keyboard.
const seg = (() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const dark = window.matchMedia('screen and (prefers-color-scheme: dark)');
  let printing = false;
  const charts = [];

  const isDark = () => dark.matches && !printing;
  const theme = () => (isDark() ? { text: '#e6e9ed', quiet: '#9aa5b1', line: '#353b44' } : { text: '#1b1f24', quiet: '#5b6570', line: '#d9dee4' });
  // With the golden angle, neighbouring colours differ for any number of colours.
  const colour = (i, alpha = 1) => `hsla(${(210 + i * 137.508) % 360}, ${isDark() ? '70%, 66%' : '72%, 40%'}, ${alpha})`;

  // Each data set has a colour number (`hue`), so that its colour can follow the theme.
  function colours(type, datasets, scales) {
    const { text, quiet, line } = theme();
    for (const set of datasets) {
      set.borderColor = colour(set.hue, set.faint ? 0.75 : 1);
      set.backgroundColor = colour(set.hue, type === 'bar' ? 0.8 : 0.9);
    }
    for (const scale of Object.values(scales)) {
      scale.ticks.color = quiet;
      scale.grid.color = line;
      scale.title.color = text;
    }
  }

  function markLegend(chart) {
    chart.legendBox.querySelectorAll('i').forEach((mark, i) => { mark.style.background = chart.data.datasets[i].borderColor; });
  }

  function paint(chart) {
    colours(chart.config.type, chart.data.datasets, chart.config.options.scales);
    chart.update();
    markLegend(chart);
  }

  function addLegend(chart, box) {
    chart.legendBox = box;
    if (chart.data.datasets.length < 2) return;
    chart.data.datasets.forEach((set, i) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      if (set.rare) button.className = 'rare';
      button.append(document.createElement('i'), set.label);
      button.addEventListener('click', () => {
        const shown = !chart.isDatasetVisible(i);
        chart.setDatasetVisibility(i, shown);
        button.setAttribute('aria-pressed', String(shown));
        chart.update();
      });
      box.append(button);
    });
  }

  const axis = (title, more = {}) => ({ grid: {}, title: { display: Boolean(title), text: title }, ...more, ticks: { maxRotation: 0, ...more.ticks } });

  function draw(id, type, datasets, x, y, options = {}) {
    const figure = document.getElementById(id);
    if (!figure) return null;
    datasets.forEach((set, i) => { set.hue ??= i; });
    colours(type, datasets, { x, y });
    const { labels, ...rest } = options;
    const chart = new Chart(figure.querySelector('canvas'), {
      type,
      data: { labels, datasets },
      options: {
        maintainAspectRatio: false, animation: false, ...(type === 'bar' ? {} : { parsing: false }), scales: { x, y }, ...rest,
        plugins: { legend: { display: false }, ...rest.plugins },
        interaction: rest.interaction ?? { mode: 'nearest', intersect: false, axis: 'x' },
      },
    });
    charts.push(chart);
    addLegend(chart, figure.querySelector('.legend'));
    markLegend(chart);
    return chart;
  }

  // [[x, y], ...] with null if y is not known
  const points = pairs => pairs.map(([x, y]) => ({ x, y: y === null ? NaN : y }));

  function lines(id, series, yTitle, yOptions = {}) {
    const datasets = series.map((one, i) => ({
      label: one.name, data: points(one.points), hue: one.hue ?? i, rare: one.rare, faint: one.faint, borderWidth: one.width ?? 2,
      borderDash: one.dash ?? [], pointRadius: one.points.length < 2 ? 3 : one.dots ?? 0, pointHitRadius: 6, tension: 0, clip: 4,
    }));
    return draw(id, 'line', datasets, axis('iteration', { type: 'linear', ticks: { maxTicksLimit: 8, precision: 0 } }), axis(yTitle, yOptions));
  }

  const shortened = name => (name.length > 20 ? `${name.slice(0, 19)}…` : name);

  // Horizontal bars, one group per name; values are null if not known.
  function bars(id, names, series, xTitle, xOptions = {}) {
    return draw(id, 'bar', series.map(one => ({ label: one.name, data: one.values, hue: one.hue, barPercentage: 0.9, categoryPercentage: 0.78 })),
      axis(xTitle, xOptions), axis('', { ticks: { autoSkip: false, callback(index) { return shortened(this.getLabelForValue(index)); } } }),
      { labels: names, indexAxis: 'y', interaction: { mode: 'index', axis: 'y', intersect: false } });
  }

  // The first number of a cell, "61.2 ± 0.4" is 61.2, or its text.
  const sortKey = (row, column) => {
    const text = row.cells[column].textContent;
    const number = /[+-]?\d+(\.\d+)?/.exec(text);
    return column > 0 && number ? Number(number[0]) : text;
  };

  // The first click on a column puts the largest number first, or the names in order; the next one turns that round. Cells without a value stay last.
  function sortRows(table, head, column) {
    const before = head.getAttribute('aria-sort') ?? (column === 0 ? 'descending' : 'ascending');
    const direction = before === 'ascending' ? -1 : 1;
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [sortKey(a, column), sortKey(b, column)];
      if (x === '-' || y === '-') return (x === '-') - (y === '-');
      return direction * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
    table.tBodies[0].append(...rows);
  }

  for (const table of document.querySelectorAll('table.sortable')) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      button.addEventListener('click', () => sortRows(table, head, column));
      head.append(button);
    });
  }

  const repaint = () => charts.forEach(paint);
  dark.addEventListener('change', repaint);
  window.addEventListener('beforeprint', () => { printing = true; charts.forEach(chart => chart.resize()); repaint(); });
  window.addEventListener('afterprint', () => { printing = false; charts.forEach(chart => chart.resize()); repaint(); });
  return { data, axis, draw, lines, bars };
})();
