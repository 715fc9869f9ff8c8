import type { Problem } from '../core/problem.js';

/** A feature of Data Designer that `dd` does not have. */
interface Unsupported {
  readonly what: string;
  /** What a config without it would not do, or why it cannot be read. */
  readonly why: string;
  /** What to do in its place. */
  readonly instead: string;
}

const python = 'a config holds only the name of their Python function';

/** By key, then by value. Once a registry has a value, its entry has no effect. */
const VALUES: Readonly<Record<string, Readonly<Record<string, Unsupported>>>> = {
  generation_strategy: {
    full_column: {
      what: '`full_column` functions',
      why: 'a column is made row by row',
      instead:
        'write it as a processor of a plugin (docs/plugins.md), or make it row by row (docs/custom.md)',
    },
  },
  seed_type: {
    df: {
      what: 'data frames as a seed',
      why: 'they are in no file, so no row can be read',
      instead:
        'write it with df.to_parquet("seed.parquet"), and read that: { seed_type: local, path: seed.parquet }',
    },
  },
  validator_type: {
    local_callable: {
      what: '`local_callable` validators',
      why: python,
      instead:
        'write it as a validator of the type `custom`, which names a command or a function of a plugin (docs/custom.md), or as an `expression`, `regex` or `json_schema`',
    },
  },
  sampler_type: {
    person: {
      what: 'samplers of the type `person`',
      why: 'they read datasets that need an account of NVIDIA',
      instead: 'use `person_from_faker`',
    },
  },
};

/** The problem of a value that `dd` does not have, and Data Designer has. */
export function unsupportedValue(key: string, value: unknown): Omit<Problem, 'at'> | undefined {
  const values = Object.hasOwn(VALUES, key) ? VALUES[key] : undefined;
  return values && typeof value === 'string' && Object.hasOwn(values, value)
    ? problemOf(values[value])
    : undefined;
}

function problemOf(feature: Unsupported | undefined): Omit<Problem, 'at'> | undefined {
  if (!feature) return undefined;
  const { what, why, instead } = feature;
  return { code: 'not-supported-yet', message: `${what} are not supported yet: ${why}`, hint: instead };
}

/** One message for each kind of unsupported thing, at the first of its places. */
export function onePerKind(problems: readonly Problem[]): readonly Problem[] {
  const isUnsupported = ({ code, isCascading }: Problem): boolean =>
    code === 'not-supported-yet' && !isCascading;
  return problems.map((problem, index) => {
    if (!isUnsupported(problem)) return problem;
    const same = problems.filter((other) => isUnsupported(other) && other.message === problem.message);
    if (problems.indexOf(same[0] ?? problem) < index) return { ...problem, isCascading: true };
    return same.length === 1
      ? problem
      : { ...problem, message: `${problem.message} (${same.length} places)` };
  });
}

/** What plugins of Data Designer add: a value that is none of ours is one of these, or misspelt. */
const PLUGIN_KEYS = new Set(['column_type', 'seed_type', 'processor_type']);

export const pluginHint = (key: string): string | undefined =>
  PLUGIN_KEYS.has(key)
    ? 'plugins of Data Designer add values of `column_type`, `seed_type` and `processor_type`: one of these needs a plugin of dd with this name (docs/plugins.md)'
    : undefined;
