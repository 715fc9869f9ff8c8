import type { Problem } from '../../core/problem.js';
import { isReservedName } from '../../template/types.js';
import type { DraftColumn, ListedSeedColumn } from '../draft.js';
import { makes, type NameScope } from '../scope.js';
import { lineColumn } from '../yaml/text-lines.js';
import type { Check } from './check.js';
import type { RecipeSource } from '../recipe-source.js';

export const names: Check = {
  name: 'names',
  run: ({ drafts, scope, source }) => checkNames(drafts.columns, drafts.listedSeedColumns, scope, source),
};

/** Names that are used twice, or that the seed already has. */
function checkNames(
  columns: readonly DraftColumn[],
  listed: readonly ListedSeedColumn[],
  { seed }: NameScope,
  source: RecipeSource,
): readonly Problem[] {
  const problems: Problem[] = columns
    .filter(({ name }) => isReservedName(name))
    .map(({ name, at }) => ({
      code: 'reserved-name',
      message: `templates cannot read a column named \`${name}\``,
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
  const unknown = seed ? listed.filter((column) => !seed.has(column.name)) : [];
  for (const { name, at } of unknown) {
    const message = `the seed has no column \`${name}\``;
    problems.push({ code: 'unknown-column', message, hint: 'remove this column', at: [...at, 'name'] });
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
  const what = isItself ? `\`${name}\`` : `\`${name}\`, which it also makes,`;
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
    message: `the seed already has a column ${what.replace(/,$/, '')}`,
    hint: 'choose another name',
  };
}
