import type { JsonSchema } from '../core/json.js';
import type { SeedColumn } from '../seeds/types.js';
import { isReservedName } from '../template/types.js';
import type { Problem } from '../core/problem.js';
import type { DraftColumn, ListedSeedColumn } from './draft.js';
import { lineColumn } from './yaml/text-lines.js';
import type { RecipeSource } from './types.js';

/** Every name that a template of this recipe can read. */
export interface NameScope {
  /** By name, the column of the recipe that makes it. */
  readonly makers: ReadonlyMap<string, string>;
  /** Columns of the seed and their JSON Schemas; `undefined` when it is not known what it brings. */
  readonly seed: ReadonlyMap<string, JsonSchema> | undefined;
  /** Columns too broken to say what they make beside themselves. */
  readonly unclear: readonly string[];
}

export function nameScope(
  columns: readonly DraftColumn[],
  seed: readonly SeedColumn[] | undefined,
): NameScope {
  const makers = new Map<string, string>();
  for (const column of columns) {
    for (const name of makes(column)) if (!makers.has(name)) makers.set(name, column.name);
  }
  return {
    makers,
    seed: seed && new Map(seed.map(({ name, schema }) => [name, schema])),
    unclear: columns.filter((column) => !column.prepared).map((column) => column.name),
  };
}

export const makes = (column: DraftColumn): readonly string[] => column.prepared?.makes ?? [column.name];

/** Names that are given twice, or to something the seed brings already. */
export function checkNames(
  columns: readonly DraftColumn[],
  listed: readonly ListedSeedColumn[],
  { seed }: NameScope,
  source: RecipeSource,
): readonly Problem[] {
  const problems: Problem[] = columns
    .filter(({ name }) => isReservedName(name))
    .map(({ name, at }) => ({
      code: 'reserved-name',
      message: `no template could read a column called \`${name}\``,
      hint: 'choose another name',
      at: [...at, 'name'],
    }));
  const owners = new Map<string, DraftColumn>();
  for (const column of columns) {
    for (const name of makes(column)) {
      const problem = clash(name, column, owners.get(name), seed, source);
      if (problem) problems.push(problem);
      if (!owners.has(name)) owners.set(name, column);
    }
  }
  const strangers = seed ? listed.filter((column) => !seed.has(column.name)) : [];
  for (const { name, at } of strangers) {
    const message = `the seed brings no column \`${name}\``;
    problems.push({ code: 'unknown-column', message, hint: 'take this column out', at: [...at, 'name'] });
  }
  return problems;
}

function clash(
  name: string,
  column: DraftColumn,
  first: DraftColumn | undefined,
  seed: NameScope['seed'],
  source: RecipeSource,
): Problem | undefined {
  const isItself = name === column.name;
  const what = isItself ? `\`${name}\`` : `\`${name}\`, which it makes beside itself,`;
  const found = {
    code: 'duplicate-column',
    hint: 'give one of them another name',
    at: [...column.at, 'name'],
  };
  if (first) {
    const { line } = lineColumn(source.text, source.locate([...first.at, 'name']).offset);
    const by = first.name === name ? '' : ` by column \`${first.name}\``;
    return { ...found, message: `the name ${what} is already taken${by} in line ${line}` };
  }
  if (!seed?.has(name)) return undefined;
  return {
    ...found,
    message: `the seed already brings a column ${what.replace(/,$/, '')}`,
    hint: 'choose another name',
  };
}
