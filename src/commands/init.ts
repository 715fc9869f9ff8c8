import { Args, Flags } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { isTemplateName, TEMPLATES, type TemplateName } from '../app/templates.js';
import { DdCommand } from '../cli/command.js';
import { didYouMeanOneOf } from '../suggest.js';
import { safe } from '../ui/text.js';

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
    const template = this.checked(flags.template ?? (await this.askTemplate()));
    const name = args.name ?? (flags.template === undefined ? await askName(template) : template);
    const { initRecipe } = await import('../app/init-recipe.js');
    const made = await initRecipe({ template, name, folder: process.cwd() });
    if (!made.ok) this.fail(`error: ${safe(made.error)}`, EXIT.badInput);

    const { recipe, written, kept } = made.value;
    for (const file of written) this.log(`wrote ${file}`);
    for (const file of kept) this.log(`left as it is: ${file}`);
    if (kept.includes('.gitignore')) this.log('add artifacts/ and .dd/ to .gitignore, if they are not there');
    this.log(`\nTry it, offline and without a key:\n  dd run ${recipe} --dry-run`);
    if (template === 'agent-rollout')
      this.log('It reads the sessions of your coding agents; --trace-dir FOLDER reads those of a folder.');
    return made.value;
  }

  private checked(template: string): TemplateName {
    if (isTemplateName(template)) return template;
    const hint = didYouMeanOneOf(template, names) ?? '';
    return this.fail(`error: there is no template \`${safe(template)}\`; ${hint}`, EXIT.badInput);
  }

  private async askTemplate(): Promise<string> {
    if (!process.stdin.isTTY)
      this.fail(`error: which template? add --template ${names.join(' or ')}`, EXIT.badInput);
    const list = Object.entries(TEMPLATES).map(
      ([name, { summary }], at) => `  ${at + 1}  ${name}: ${summary}`,
    );
    const answer = await ask(`${list.join('\n')}\nTemplate [1]: `, '1');
    return names[Number(answer) - 1] ?? answer;
  }
}

const askName = (template: string): Promise<string> => ask(`Name [${template}]: `, template);

/** What is typed, or the default for an empty line. */
async function ask(question: string, fallback: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim() || fallback;
  } finally {
    terminal.close();
  }
}
