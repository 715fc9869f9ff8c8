import { checkKeyVariables } from '../recipe/checks/models.js';
import type { Diagnostic, Problem } from '../core/problem.js';
import type { SchemaReader } from '../recipe/refs/schema-files.js';
import { toDiagnostics } from '../recipe/to-diagnostics.js';
import { settingsFile } from '../plugins/settings.js';
import { shownHost } from '../run/allow-hosts.js';
import { planSendings, type PlannedSending } from '../run/sendings.js';
import { checkSeed } from '../run/check-seed.js';
import { openRecipe } from '../run/open-recipe.js';

export interface CheckOptions {
  /** Treat warnings as errors. */
  readonly strict: boolean;
  /** Also read the seed. */
  readonly seed: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readSchema?: SchemaReader;
  /** Load the plugins that it names. */
  readonly allowPlugins?: boolean;
  /** Send well-known keys to hosts that they are not made for. */
  readonly allowHosts?: boolean;
}

/** The result of checking a recipe without calling a model. */
export interface CheckedRecipe {
  /** Absolute path. */
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** With secrets replaced; `undefined` if the recipe could not be read. */
  readonly text: string | undefined;
  /** Number of seed rows, if the seed was read. */
  readonly rows: number | undefined;
  /** The values of the environment that a run sends, and the hosts that get them. */
  readonly sends: readonly PlannedSending[];
}

/** Validates a recipe, checks that its API keys are set and, if requested, reads its seed. */
export async function checkRecipe(
  file: string,
  { strict, seed, ...opening }: CheckOptions,
): Promise<CheckedRecipe> {
  const { env } = opening;
  const opened = await openRecipe(file, { ...opening, download: seed });
  const { loaded, diagnostics } = opened;
  const outside: Diagnostic[] = [];
  const sends = new Map<string, PlannedSending>();
  let rows: number | undefined;
  for (const { plan, loaded: one } of opened.stages?.map((stage) => stage.opened) ?? [opened]) {
    // The rows of a later stage are made by the earlier ones.
    const isReadable = plan && seed && (plan.stage?.needs ?? []).length === 0;
    const read = isReadable ? await checkSeed(plan, one.source, env) : undefined;
    const own = plan ? await planSendings(plan, env) : [];
    const problems: readonly Problem[] = [
      ...(plan ? checkKeyVariables(plan.recipe, plan.models, env) : []),
      ...(read?.problems ?? []),
      ...own.flatMap((sending) =>
        sending.needs_permission && opening.allowHosts !== true ? [foreignKey(sending, env)] : [],
      ),
    ];
    for (const sending of own) sends.set(`${sending.variable} ${sending.host}`, sending);
    if (read?.rows !== undefined) rows = (rows ?? 0) + read.rows;
    outside.push(...toDiagnostics(problems, one.source));
  }
  const keys = new Set<string>();
  const all = [...diagnostics, ...outside]
    // What stages share is found in each of them.
    .filter((diagnostic) => {
      const key = JSON.stringify(diagnostic);
      return !keys.has(key) && keys.add(key);
    })
    .toSorted((a, b) => (a.span?.offset ?? -1) - (b.span?.offset ?? -1))
    .map((diagnostic): Diagnostic => (strict ? { ...diagnostic, severity: 'error' } : diagnostic));
  return {
    file: loaded.file,
    valid: !all.some(({ severity }) => severity === 'error'),
    diagnostics: all,
    text: loaded.source.text === '' ? undefined : loaded.source.text,
    rows,
    sends: [...sends.values()],
  };
}

const foreignKey = (
  { variable, host, at }: PlannedSending,
  env: Readonly<Record<string, string | undefined>>,
): Problem => ({
  severity: 'warning',
  code: 'key-to-other-host',
  message: `${variable} would be sent to ${shownHost(host)}, which it is not made for`,
  hint: `dd run does so with --allow-hosts, or where ${settingsFile(env)} has the host under \`trusted_hosts:\``,
  at,
});
