import type { Bin } from '../../../dataset/report/numbers.js';
import type { ValueCount } from '../../../dataset/report/values.js';
import { barHeights, binName } from './words.js';
import { cut, safe } from '../text.js';

/** Text for HTML and SVG, in content and in attributes. Control characters and direction marks are left out. */
export function escaped(text: string): string {
  return safe(text).replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const CHART = { width: 300, height: 120, base: 98, top: 16 };

/** A histogram with a bar for each range; the exact numbers are in its title. */
export function histogramChart(name: string, bins: readonly Bin[]): string {
  const { width, height, base, top } = CHART;
  const step = width / Math.max(1, bins.length);
  const gap = Math.min(6, step / 6);
  const heights = barHeights(bins, base - top);
  const isOfValues = bins.every(({ from, to }) => from === to);
  const bars = bins.map((bin, at) => {
    const tall = heights[at] ?? 0;
    const middle = (at + 0.5) * step;
    return [
      `<rect class="bar" x="${round(at * step + gap / 2)}" y="${base - tall}" width="${round(step - gap)}" height="${tall}" rx="2"/>`,
      `<text class="number" x="${round(middle)}" y="${base - tall - 4}">${bin.count === 0 ? '' : bin.count.toLocaleString('en-US')}</text>`,
      isOfValues
        ? `<text class="tick" x="${round(middle)}" y="${base + 14}">${escaped(binName(bin))}</text>`
        : '',
    ].join('');
  });
  const [first, last] = [bins[0], bins.at(-1)];
  const ends =
    isOfValues || !first || !last
      ? ''
      : `<text class="tick start" x="0" y="${base + 14}">${escaped(binName({ ...first, to: first.from }))}</text>` +
        `<text class="tick end" x="${width}" y="${base + 14}">${escaped(binName({ ...last, from: last.to }))}</text>`;
  const spoken = bins.map((bin) => `${binName(bin)}: ${bin.count}`).join(', ');
  return `<svg role="img" viewBox="0 0 ${width} ${height}"><title>${escaped(`${name}: ${spoken}`)}</title>${bars.join('')}<line class="axis" x1="0" x2="${width}" y1="${base}" y2="${base}"/>${ends}</svg>`;
}

const MOST_BARS = 10;

/** Horizontal bars, the commonest value first. */
export function valueChart(name: string, values: readonly ValueCount[], others: number): string {
  const shown = values.slice(0, MOST_BARS);
  const row = 20;
  const left = 130;
  const room = CHART.width - left - 50;
  const widths = barHeights(shown, room);
  const bars = shown.map(({ value, count }, at) => {
    const y = at * row;
    const label = cut(safe(value), 18);
    return [
      `<text class="label" x="${left - 6}" y="${y + 14}">${escaped(label === value ? value || '(empty)' : `${label}…`)}</text>`,
      `<rect class="bar" x="${left}" y="${y + 3}" width="${widths[at] ?? 0}" height="${row - 6}" rx="2"/>`,
      `<text class="tick start" x="${left + (widths[at] ?? 0) + 5}" y="${y + 14}">${count.toLocaleString('en-US')}</text>`,
    ].join('');
  });
  const hidden = values.length - shown.length + others;
  const more =
    hidden > 0
      ? `<text class="label" x="${left - 6}" y="${shown.length * row + 14}">${hidden} more</text>`
      : '';
  const height = (shown.length + (hidden > 0 ? 1 : 0)) * row;
  const spoken = values.map(({ value, count }) => `${value}: ${count}`).join(', ');
  return `<svg role="img" viewBox="0 0 ${CHART.width} ${height}"><title>${escaped(`${name}: ${spoken}`)}</title>${bars.join('')}${more}</svg>`;
}

const round = (number: number): number => Math.round(number * 10) / 10;
