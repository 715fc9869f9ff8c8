import picocolors from 'picocolors';

import { CODE_GROUPS, type CodeEntry } from '../../recipe/codes/index.js';
import { wrap } from './text.js';

interface ExplainStyle {
  readonly color: boolean;
  readonly width: number;
}

/** One code: what it means, how it looks, how it should look, what to do. */
export function renderCode(code: string, entry: CodeEntry, { color, width }: ExplainStyle): string {
  const { bold, dim, green, red } = picocolors.createColors(color);
  const example = (text: string): string =>
    text
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n');
  return [
    `${bold(entry.title)} ${dim(`[${code}]`)}`,
    wrap(entry.why, width).join('\n'),
    `${red('wrong')}\n${example(entry.wrong)}`,
    `${green('right')}\n${example(entry.right)}`,
    wrap(entry.todo, width).join('\n'),
  ].join('\n\n');
}

/** All codes by chapter, one line each. */
export function renderCodeList({ color }: ExplainStyle): string {
  const { bold } = picocolors.createColors(color);
  const widest = Math.max(
    ...CODE_GROUPS.flatMap(({ codes }) => [...codes.keys()].map((code) => code.length)),
  );
  return CODE_GROUPS.map(({ title, codes }) => {
    const lines = [...codes].map(([code, entry]) => `  ${code.padEnd(widest)}  ${entry.title}`);
    return [bold(title), ...lines].join('\n');
  }).join('\n\n');
}
