import { isObject, type Json } from '../../json.js';
import { parseWhere, type RowCondition, type Where } from '../../seeds/where.js';
import { correction } from '../../suggest.js';
import type { Problem } from '../diagnostic.js';
import { startsWith } from '../paths.js';
import type { NameScope } from '../scope.js';
import type { SeedConfig } from '../types.js';

const AT = ['seed_config', 'where'] as const;

export interface CheckedWhere {
  readonly condition: RowCondition | undefined;
  readonly problems: readonly Problem[];
}

/** `seed_config.where`: it must parse, and read nothing but columns of the seed. */
export function checkWhere(
  config: SeedConfig | undefined,
  found: readonly Problem[],
  { seed }: NameScope,
): CheckedWhere {
  const where: Json | undefined = isObject(config) ? (config['where'] as Json | undefined) : undefined;
  if (where === undefined || found.some(({ at }) => startsWith(at, AT))) {
    return { condition: undefined, problems: [] };
  }
  const problems: Problem[] = [];
  const condition = parseWhere(where as Where, (problem) =>
    problems.push({ ...problem, at: [...AT, ...problem.at] }),
  );
  for (const { path, at, span } of condition?.references ?? []) {
    const [root = ''] = path;
    if (!seed || seed.has(root)) continue;
    problems.push({
      code: 'unknown-column',
      message: `the seed has no column \`${root}\``,
      ...correction(root, [...seed]),
      at: [...AT, ...at],
      within: { offset: span.offset, length: Math.min(span.length, root.length) },
    });
  }
  return { condition, problems };
}
