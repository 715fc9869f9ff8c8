import { Args } from '@oclif/core';
import picocolors from 'picocolors';
import type { CodeEntry, CodeGroup } from '../../recipe/codes.js';
import { DdCommand } from '../command.js';
import { hasColors } from '../print.js';
import { wrap } from '../render/text.js';

/** `dd explain [CODE]`: explains a diagnostic code. */
export default class Explain extends DdCommand {
  static override summary = 'Explain a mistake that dd validate reports.';

  static override description =
    'Each mistake ends with its code in brackets. Without a code, this command lists all codes. docs/diagnostics.md has the same text as a page.';

  static override examples = [
    '<%= config.bin %> explain unknown-field',
    '<%= config.bin %> explain',
    '<%= config.bin %> explain unknown-field --json',
  ];

  static override enableJsonFlag = true;
  static override flags = {};

  static override args = {
    code: Args.string({ description: 'For example unknown-column or slow-pattern.' }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Explain);
    const [{ CODES, CODE_GROUPS }, { didYouMean }] = await Promise.all([
      import('../../recipe/codes.js'),
      import('../../core/suggest.js'),
    ]);
    const style = { color: hasColors(process.stdout), width: Math.min(process.stdout.columns || 100, 100) };
    if (args.code === undefined) {
      this.log(renderCodeList(CODE_GROUPS, style));
      return { codes: Object.fromEntries(CODES) };
    }
    // A code copied with its brackets works too.
    const code = args.code.replace(/^\[(.*)\]$/, '$1');
    const entry = CODES.get(code);
    if (!entry) {
      const hint = didYouMean(code, CODES.keys()) ?? '`dd explain` lists all of them';
      return this.fail({ message: `no diagnostic has the code \`${code}\``, hint });
    }
    this.log(renderCode(code, entry, style));
    return { code, ...entry };
  }
}

interface ExplainStyle {
  readonly color: boolean;
  readonly width: number;
}

/** The explanation of one code: reason, wrong and right example, fix. */
function renderCode(code: string, entry: CodeEntry, { color, width }: ExplainStyle): string {
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

/** All codes by group, one line each. */
function renderCodeList(groups: readonly CodeGroup[], { color }: ExplainStyle): string {
  const { bold } = picocolors.createColors(color);
  const widest = Math.max(...groups.flatMap(({ codes }) => [...codes.keys()].map((code) => code.length)));
  return groups
    .map(({ title, codes }) => {
      const lines = [...codes].map(([code, entry]) => `  ${code.padEnd(widest)}  ${entry.title}`);
      return [bold(title), ...lines].join('\n');
    })
    .join('\n\n');
}
