import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../run/status.js';
import { isTemplateName, TEMPLATES, type TemplateName } from '../../authoring/templates.js';
import { DdCommand } from '../command.js';
import type { Wanted } from '../init-questions.js';
import { didYouMeanOneOf } from '../../core/suggest.js';

const names = Object.keys(TEMPLATES);

/** `dd init [NAME]`: a new recipe to begin with. */
export default class Init extends DdCommand {
  static override summary = 'Begin a new recipe.';

  static override description = [
    'Writes a recipe that runs, with its schemas beside it and a .gitignore for what runs leave behind. Never overwrites a file.',
    `Templates: ${Object.entries(TEMPLATES)
      .map(([name, { summary }]) => `${name} (${summary})`)
      .join('; ')}.`,
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> init --template agent-rollout',
    '<%= config.bin %> init tickets --template from-csv',
  ];

  static override enableJsonFlag = true;

  static override args = {
    name: Args.string({ description: "Name of the recipe and its file. Default: the template's." }),
  };

  static override flags = {
    template: Flags.string({
      char: 't',
      helpValue: names.join('|'),
      description: 'What to begin with. Asked for when left out at a terminal.',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Init);
    const wanted = await this.complete(flags.template, args.name);
    const template = this.checked(wanted.template);
    const { initRecipe } = await import('../../authoring/init-recipe.js');
    const made = await initRecipe({ template, name: wanted.name, folder: process.cwd() });
    if (!made.ok) return this.fail(made.error);

    const { recipe, written, kept } = made.value;
    for (const file of written) this.log(`wrote ${file}`);
    for (const file of kept) this.log(`left as it is: ${file}`);
    if (kept.includes('.gitignore')) this.log('add artifacts/ and .dd/ to .gitignore, if they are not there');
    this.log(`\nTry it, offline and without a key:\n  dd run ${recipe} --dry-run`);
    if (template === 'agent-rollout')
      this.log('It reads the sessions of your coding agents; --trace-dir FOLDER reads those of a folder.');
    return made.value;
  }

  /** What was typed, with what is asked for at a terminal, and with the defaults. */
  private async complete(template: string | undefined, name: string | undefined): Promise<Wanted> {
    if (template !== undefined) return { template, name: name ?? template };
    if (!process.stdin.isTTY)
      return this.fail({ message: 'which template?', hint: `add --template ${names.join(' or ')}` });
    const { askWanted } = await import('../init-questions.js');
    const answered = await askWanted({ input: process.stdin, output: process.stderr }, name);
    return answered ?? this.fail({ message: 'nothing was chosen, and nothing is written' }, EXIT.interrupted);
  }

  private checked(template: string): TemplateName {
    if (isTemplateName(template)) return template;
    const hint = didYouMeanOneOf(template, names);
    const message = `there is no template \`${template}\``;
    return this.fail(hint === undefined ? { message } : { message, hint });
  }
}
