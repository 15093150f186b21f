// The least contrast of all text that is shown: {ratio, text}. WCAG 2.1, relative luminance and contrast ratio.
const parse = colour => colour.match(/[\d.]+/g).map(Number);
const luminance = rgb => {
  const [r, g, b] = rgb.map(value => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const groundOf = element => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
  return layers.reverse().reduce((below, [r, g, b, alpha = 1]) => [r, g, b].map((value, i) => value * alpha + below[i] * (1 - alpha)), [255, 255, 255]);
};
let worst = { ratio: Infinity };
for (const element of document.querySelectorAll('h1, h2, h3, p, td, th, dt, dd, li, pre, small, figcaption, button, summary')) {
  if (!element.textContent.trim() || !element.getClientRects().length) continue;
  const [a, b] = [luminance(parse(getComputedStyle(element).color).slice(0, 3)), luminance(groundOf(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < worst.ratio) worst = { ratio, text: element.textContent.slice(0, 40) };
}
return worst;
