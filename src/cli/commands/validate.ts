import { allowHostsFlag, allowPluginsFlag, quietFlag } from '../flags.js';
import { Args, Flags } from '@oclif/core';
import type { WrittenFix } from '../../authoring/fix-recipe.js';
import { EXIT } from '../../run/status.js';
import { recipeFile, withRecipeHints } from '../bundled.js';
import { DdCommand } from '../command.js';
import { renderRefusal } from '../document.js';
import { hasColors } from '../print.js';
import { REPORTERS, reportedFile, reportName, type ReportFormat } from '../render/report/report.js';
import type { ReportedFile } from '../render/report/types.js';
import { count, safe } from '../render/text.js';
import type { EmptySearch } from '../../authoring/find-recipes.js';

const FORMATS = [...Object.keys(REPORTERS), 'json'];

/** `dd validate RECIPE…`: checks recipes for people, editors and CI. */
export default class Validate extends DdCommand {
  static override summary = 'Check recipes without calling a model.';

  static override description = [
    'Finds all mistakes at once, each with its file, line and column: keys, types and values, names of columns, models and params, paths into columns, comparisons, templates, expressions, schemas, regular expressions, cycles, secrets, and API keys that are not set. dd explain CODE explains a mistake.',
    'Takes files, folders and patterns. In folders and patterns, a YAML file is a recipe if it has `columns`, `data_designer`, `model_configs` or `seed_config` at the start of a line, and a JSON file if Data Designer exported it. Other files, node_modules, artifacts and symbolic links are skipped.',
    'Exit codes: 0 all recipes are valid, 2 a recipe has a mistake.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> validate recipes',
    '<%= config.bin %> validate recipes/agent-rollout.yaml --seed --strict',
    '<%= config.bin %> validate recipes/agent-rollout.yaml --fix',
    '<%= config.bin %> validate recipes --format github',
  ];

  static override strict = false;
  static override enableJsonFlag = true;
  protected static override readonly hasJsonFormat = true;

  static override args = {
    recipe: Args.string({ description: 'Recipe files, folders or patterns.', required: true }),
  };

  static override flags = {
    strict: Flags.boolean({
      default: false,
      description: 'Treat warnings as errors. An API key that is not set is a warning.',
    }),
    seed: Flags.boolean({
      default: false,
      description: 'Also read the seed, and check that it has rows.',
    }),
    fix: Flags.boolean({
      default: false,
      description: 'Write fixes into the recipes, where only one fix is possible.',
    }),
    format: Flags.string({ options: FORMATS, default: 'pretty', description: 'Format of the report.' }),
    'allow-plugins': allowPluginsFlag(),
    'allow-hosts': allowHostsFlag(),
    quiet: quietFlag('Print only mistakes.'),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Validate);
    const [{ findRecipes }, { checkRecipe }, { schemaReader }] = await Promise.all([
      import('../../authoring/find-recipes.js'),
      import('../../authoring/check-recipe.js'),
      import('../../recipe/refs/schema-files.js'),
    ]);
    const { files, skipped, empty } = await findRecipes(
      argv.map((typed) => recipeFile(String(typed))),
      process.cwd(),
    );
    const absent = empty.map(noRecipe);
    for (const refusal of absent) this.logToStderr(renderRefusal(refusal));

    const fixed = flags.fix ? await this.fix(files) : undefined;
    // Made after the fixes, which may change schema files.
    const { strict, seed, 'allow-plugins': allowPlugins, 'allow-hosts': allowHosts } = flags;
    const opening = {
      cwd: process.cwd(),
      env: process.env,
      readSchema: schemaReader(),
      allowPlugins,
      allowHosts,
    };
    const options = { strict, seed, ...opening };
    const checked = await inBatches(files, async (file) => {
      const one = await checkRecipe(file, options);
      return { ...one, diagnostics: withRecipeHints(one.diagnostics, one.file) };
    });
    const reported = checked.map(reportedFile);
    if (!this.jsonEnabled()) await this.print(reported, flags.format as ReportFormat, flags.quiet);
    if (skipped > 0 && !flags.quiet) this.logToStderr(`skipped ${count(skipped, 'YAML file')}: not recipes`);

    const wrong = checked.filter(({ valid }) => !valid).length;
    const valid = empty.length === 0 && wrong === 0;
    const recipes = reported.map((file) => ({
      ...withoutText(file),
      ...(fixed && { fixed: fixed.get(file.file) ?? [] }),
    }));
    const report = { valid, recipes, skipped, ...(empty.length > 0 && { empty }) };
    if (valid) return report;
    const [first = { message: `mistakes in ${wrong} of ${count(checked.length, 'recipe')}` }] = absent;
    return this.endedWith(EXIT.badInput, report, first);
  }

  /** Writes the fixes, and returns them by recipe. */
  private async fix(files: readonly string[]): Promise<ReadonlyMap<string, readonly WrittenFix[]>> {
    const { fixRecipe } = await import('../../authoring/fix-recipe.js');
    const written = new Map<string, readonly WrittenFix[]>();
    for (const file of files) {
      const name = reportName(file);
      const fixes = await fixRecipe(file, process.cwd());
      written.set(name, fixes);
      for (const { line, column, before, after } of fixes)
        this.logToStderr(safe(`fixed ${name}:${line}:${column} ${shown(before)} → ${shown(after)}`));
    }
    return written;
  }

  /** In the pretty format, mistakes go to stderr and valid recipes to stdout. All other formats go to stdout. */
  private async print(files: readonly ReportedFile[], format: ReportFormat, isQuiet: boolean): Promise<void> {
    const report = await REPORTERS[format]();
    if (format !== 'pretty') {
      this.log(report(files, { color: false, width: 100 }));
      return;
    }
    const style = { color: hasColors(process.stderr), width: process.stderr.columns || 100 };
    const withMistakes = files.filter(({ diagnostics }) => diagnostics.length > 0);
    const validFiles = files.filter(({ valid }) => valid).map((file) => ({ ...file, diagnostics: [] }));
    if (withMistakes.length > 0) this.logToStderr(`${report(withMistakes, style)}\n`);
    if (validFiles.length > 0 && !isQuiet) this.log(report(validFiles, style));
  }
}

/** Recipes checked at the same time: enough to keep the disk busy. */
const BATCH = 8;

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += BATCH)
    results.push(...(await Promise.all(items.slice(at, at + BATCH).map(work))));
  return results;
}

/** Quotes text that is only white space, so that it can be seen. */
const shown = (text: string): string => (text.trim() === '' ? JSON.stringify(text) : text);

/** A report without the recipe's text, which only the pretty format needs. */
function withoutText(file: ReportedFile): object {
  const { text: _, ...found } = file;
  return found;
}

/** The error for a folder or pattern without recipes. */
function noRecipe({ given, kind, folder, files }: EmptySearch): {
  readonly message: string;
  readonly hint: string;
} {
  const message = `there is no recipe in ${given}`;
  if (files === 0)
    return kind === 'folder'
      ? { message: `${message}: ${folder} has no YAML file`, hint: 'dd init creates a recipe' }
      : {
          message: `${message}: no file in ${folder} matches this pattern`,
          hint: '`*` matches within one folder, `**/` matches all folders below: recipes/**/*.yaml',
        };
  const looked =
    kind === 'folder'
      ? `${count(files, 'YAML file')} in ${folder}`
      : `${count(files, 'file')} in ${folder} that ${files === 1 ? 'matches' : 'match'} this pattern`;
  return {
    message: `${message}: checked ${looked}`,
    hint: 'a recipe has `columns:`, `seed_config:` or `model_configs:` at the start of a line; name a file directly to check it anyway',
  };
}
