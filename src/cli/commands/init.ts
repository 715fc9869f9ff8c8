import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../run/status.js';
import {
  isTemplateName,
  templateGroups,
  templateLine,
  type TemplateName,
} from '../../authoring/templates.js';
import { DdCommand } from '../command.js';
import { programName } from '../program-name.js';
import type { InitChoice } from '../init-questions.js';
import { didYouMeanOneOf } from '../../core/suggest.js';

const groups = templateGroups();
const names = groups.flatMap((group) => group.names);

/** `dd init [NAME]`: writes a new recipe from a template. */
export default class Init extends DdCommand {
  static override summary = 'Create a new recipe from a template.';

  static override description = [
    'Writes a recipe that runs, its schemas, and a .gitignore for the output folders. Never overwrites a file.',
    ...groups.map(({ group, names: own }) =>
      [`${group}:`, ...own.map((name) => `  ${templateLine(name)}`)].join('\n'),
    ),
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> init --template text-to-sql',
    '<%= config.bin %> init tickets --template from-csv',
  ];

  static override enableJsonFlag = true;

  static override args = {
    name: Args.string({ description: "Name of the recipe and its file. Default: the template's name." }),
  };

  static override flags = {
    template: Flags.string({
      char: 't',
      helpValue: 'NAME',
      description: 'The template, one of those below. In a terminal you are asked if it is missing.',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Init);
    const choice = await this.complete(flags.template, args.name);
    const template = this.checked(choice.template);
    const { initRecipe } = await import('../../authoring/init-recipe.js');
    const made = await initRecipe({ template, name: choice.name, folder: process.cwd() });
    if (!made.ok) return this.fail(made.error);

    const { recipe, written, kept, notIgnored } = made.value;
    for (const file of written) this.log(`wrote ${file}`);
    for (const file of kept) this.log(`kept ${file}`);
    if (notIgnored.length > 0) this.log(`add ${notIgnored.join(' and ')} to .gitignore`);
    const isOfTraces = template === 'agent-rollout';
    const rows = isOfTraces ? ' --trace-dir examples/traces' : '';
    this.log(
      `\nTry it on example rows, offline and without a key:\n  ${programName()} run ${recipe} --dry-run${rows}`,
    );
    if (isOfTraces)
      this.log('Without --trace-dir, it reads the sessions of your coding agents on this machine.');
    return made.value;
  }

  /** The template and name: from the command line, from questions at a terminal, or the default. */
  private async complete(template: string | undefined, name: string | undefined): Promise<InitChoice> {
    if (template !== undefined) return { template, name: name ?? template };
    if (!process.stdin.isTTY)
      return this.fail({
        message: 'no template given',
        hint: `add --template NAME, one of ${names.join(', ')}`,
      });
    const { askInitChoice } = await import('../init-questions.js');
    const answered = await askInitChoice({ input: process.stdin, output: process.stderr }, name);
    return answered ?? this.fail({ message: 'nothing was chosen, so nothing was written' }, EXIT.interrupted);
  }

  private checked(template: string): TemplateName {
    if (isTemplateName(template)) return template;
    const hint = didYouMeanOneOf(template, names);
    const message = `there is no template \`${template}\``;
    return this.fail(hint === undefined ? { message } : { message, hint });
  }
}
