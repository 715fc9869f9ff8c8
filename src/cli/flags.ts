import { Args, Errors, Flags } from '@oclif/core';
import type { SpendingLimits } from '../run/spending-limits.js';
import { recipeFile } from './bundled.js';
import { paramValues, type ParamFlag } from './recipe-params.js';

/** Arguments and flags that several commands have. */

export const recipeArgs = {
  recipe: Args.string({
    description: 'The recipe: a YAML file, or the name of one that comes with dd.',
    required: true,
    parse: async (typed) => recipeFile(typed),
  }),
};

export const setFlag = (description = 'Change a value of the recipe.') =>
  Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: 'PATH=VALUE', description });

export const allowPluginsFlag = () =>
  Flags.boolean({
    default: false,
    description: 'Load the plugins that the recipe names. A plugin is a program: read it first.',
  });

export const allowHostsFlag = () =>
  Flags.boolean({
    default: false,
    description:
      'Send well-known keys, such as OPENAI_API_KEY, also to hosts that they are not made for. dd plan lists them.',
  });

export const allowToolsFlag = () =>
  Flags.boolean({
    default: false,
    description:
      'Start the programs that the recipe names as providers of tools. Look at their commands first.',
  });

export const allowCommandsFlag = () =>
  Flags.boolean({
    default: false,
    description: 'Start the commands that columns of the recipe name. Look at them first.',
  });

/** For commands without a recipe: the person names the plugins, and so allows them. */
export const pluginsFlag = () =>
  Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
    description: 'Load a plugin too: a path, or the name of an npm package.',
  });

export const modelFlag = () =>
  Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ALIAS=PROVIDER/MODEL',
    description: 'Use another model for an alias.',
  });

export const queueFlag = (description: string) =>
  Flags.string({
    helpValue: 'URL',
    description: `${description} Default: the variable DD_QUEUE, which keeps a password out of the list of processes.`,
  });

export const queueRowsFlag = (description: string) => Flags.string({ helpValue: 'DIR', description });

/** The address of the queue, from the flag or the environment. */
export const queueOf = ({ queue }: { readonly queue?: string | undefined }): string | undefined =>
  queue ?? (process.env['DD_QUEUE'] === '' ? undefined : process.env['DD_QUEUE']);

export const metricsFlag = () =>
  Flags.string({
    helpValue: '[HOST:]PORT',
    description: 'Serve metrics for Prometheus at /metrics. Default host: 127.0.0.1.',
  });

export const artifactPathFlag = (description = 'Folder of datasets.') =>
  Flags.string({ helpValue: 'DIR', default: 'artifacts', description });

export const quietFlag = (description = 'Print no progress and no summary; only errors and failed rows.') =>
  Flags.boolean({ char: 'q', default: false, description });

export const seedFlag = () =>
  Flags.integer({
    helpValue: 'N',
    min: 0,
    description: "Seed of every random choice. Default: the recipe's `seed`, or 0.",
  });

export const stageFlag = (description: string) => Flags.string({ helpValue: 'NAME', description });

export const stageOutputFlag = () =>
  Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=FILE',
    description: 'Read a file in place of a stage, such as its rows after a person edited them.',
  });

/** Files by the name of their stage. */
export function stageOutputsOf(given: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new Errors.CLIError(`--stage-output takes NAME=FILE, not ${text}`, { exit: 2 });
    }),
  );
}

/** The options for opening a recipe, from the flags above and the recipe's params. */
export const openingOf = (
  flags: {
    readonly set?: readonly string[] | undefined;
    readonly model?: readonly string[] | undefined;
    readonly 'allow-plugins': boolean;
    readonly 'allow-hosts': boolean;
  },
  params: readonly ParamFlag[],
) => ({
  params: paramValues(params, flags),
  set: flags.set ?? [],
  allowPlugins: flags['allow-plugins'],
  allowHosts: flags['allow-hosts'],
  models: flags.model ?? [],
});

/** The flags that limit the cost of a run. */
export const limitFlags = {
  'max-cost': Flags.custom<number>({
    helpValue: 'USD',
    description: 'Stop when this run has cost this many US dollars. Exit code 4.',
    parse: async (text) => positive(text, '--max-cost', 'an amount of US dollars such as 2.50'),
  })(),
  'max-tokens': Flags.integer({
    min: 1,
    helpValue: 'N',
    description: 'Stop when this run has used this many tokens, input plus output. Exit code 4.',
  }),
};

export function limitsOf(flags: {
  readonly 'max-cost'?: number | undefined;
  readonly 'max-tokens'?: number | undefined;
}): SpendingLimits {
  const { 'max-cost': maxCost, 'max-tokens': maxTokens } = flags;
  return {
    ...(maxCost !== undefined && { maxCost }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function positive(text: string, flag: string, expected: string): number {
  const number = Number(text.trim().replace(/^\$/, '') || Number.NaN);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Errors.CLIError(`${flag} must be ${expected}, not ${text}`, { exit: 2 });
}
