import { Args } from '@oclif/core';
import { DdCommand } from '../command.js';
import { hasColors } from '../print.js';

/** `dd explain [CODE]`: more about a diagnostic than fits on its line. */
export default class Explain extends DdCommand {
  static override summary = 'Explain a diagnostic of dd validate.';

  static override description =
    'The code stands in brackets behind each mistake. Without one, all of them are listed. docs/diagnostics.md is the same as a page.';

  static override examples = [
    '<%= config.bin %> explain unknown-field',
    '<%= config.bin %> explain',
    '<%= config.bin %> explain unknown-field --json',
  ];

  static override enableJsonFlag = true;
  static override flags = {};

  static override args = { code: Args.string({ description: 'unknown-column, slow-pattern, …' }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Explain);
    const [{ CODES }, { renderCode, renderCodeList }, { didYouMean }] = await Promise.all([
      import('../../recipe/codes/index.js'),
      import('../render/explain.js'),
      import('../../core/suggest.js'),
    ]);
    const style = { color: hasColors(process.stdout), width: Math.min(process.stdout.columns || 100, 100) };
    if (args.code === undefined) {
      this.log(renderCodeList(style));
      return { codes: Object.fromEntries(CODES) };
    }
    // As it stands in the brackets, brackets and all.
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
