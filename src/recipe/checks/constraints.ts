import { allParams, SAMPLER } from '../../columns/sampler.js';
import { getList } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { correction } from '../../core/suggest.js';
import { possibleTypes } from '../../json-schema/possible-values.js';
import { constraintText, readConstraint, type Constraint } from '../../samplers/constraints.js';
import { domainOf, domainText, findImpossible, unionOf, type Domain } from '../../samplers/domains.js';
import type { Check, CheckContext } from './check.js';
import { samplersOf, type DraftSampler } from './samplers.js';

/** Constraints on columns that are no samplers or have no order, and those that no row can satisfy. */
export const constraints: Check = {
  name: 'constraints',
  run(context) {
    const samplers = new Map(samplersOf(context).map((sampler) => [sampler.draft.name, sampler]));
    const problems: Problem[] = [];
    const sound: Constraint[] = [];
    for (const [index, entry] of getList(context.recipe, 'constraints').entries()) {
      if (context.earlier.some(({ at }) => at[0] === 'constraints' && at[1] === index)) continue;
      const constraint = readConstraint(entry, index);
      const found = constraint ? mistakesIn(constraint, samplers, context) : [notANumber(index)];
      problems.push(...found);
      if (constraint && found.length === 0) sound.push(constraint);
    }
    return [...problems, ...impossible(sound, samplers)];
  },
};

const placeOf = (index: number, key: string): Problem['at'] => ['constraints', index, key];

const notANumber = (index: number): Problem => ({
  code: 'wrong-type',
  message:
    'the `rhs` of a `scalar_inequality` is a number or a date, and that of a `column_inequality` a column',
  hint: 'without `constraint_type`, `rhs` decides',
  at: placeOf(index, 'rhs'),
});

function mistakesIn(
  { index, target, rhs }: Constraint,
  samplers: ReadonlyMap<string, DraftSampler>,
  context: CheckContext,
): readonly Problem[] {
  const sides = [
    { name: target, at: placeOf(index, 'target_column') },
    ...(rhs.kind === 'column' ? [{ name: rhs.column, at: placeOf(index, 'rhs') }] : []),
  ];
  const unknown = sides.flatMap(({ name, at }) => unknownSampler(name, at, samplers, context));
  if (unknown.length > 0) return unknown;
  if (rhs.kind === 'column' && rhs.column === target) {
    const message = `\`${target}\` is compared with itself`;
    return [
      { code: 'self-reference', message, hint: 'compare it with another column', at: placeOf(index, 'rhs') },
    ];
  }
  const kinds = sides.map(({ name, at }) => ({ name, at, kind: orderOf(name, samplers, context) }));
  // Columns with mistakes, or in a cycle.
  if (kinds.some(({ kind }) => kind === undefined)) return [];
  const text = kinds.find(({ kind }) => kind === 'text');
  if (text) return [noOrder(text)];
  const [
    left,
    right = { name: '', kind: rhs.kind === 'value' && typeof rhs.value === 'string' ? 'date' : 'number' },
  ] = kinds;
  if (!left || left.kind === right.kind) return [];
  const other = right.name === '' ? `a ${right.kind}` : `\`${right.name}\`, a ${right.kind}`;
  const message = `\`${target}\` is a ${left.kind}, and cannot be compared with ${other}`;
  return [
    {
      code: 'invalid-value',
      message,
      hint: 'compare numbers with numbers and dates with dates',
      at: placeOf(index, 'rhs'),
    },
  ];
}

function unknownSampler(
  name: string,
  at: Problem['at'],
  samplers: ReadonlyMap<string, DraftSampler>,
  { columns, scope }: CheckContext,
): readonly Problem[] {
  if (samplers.has(name) || scope.unclear.includes(name)) return [];
  const other = columns.find((column) => column.name === name);
  if (other?.config.column_type === SAMPLER) return [];
  if (!other && !scope.seed?.has(name)) {
    const message = `there is no column \`${name}\``;
    return [{ code: 'unknown-column', message, ...correction(name, [...samplers.keys()]), at }];
  }
  const kind = other ? `type \`${other.config.column_type}\`` : 'the seed';
  const message = `constraints are for sampler columns, and \`${name}\` is a column of ${kind}`;
  return [{ code: 'not-a-sampler', message, hint: 'leave the rows out in an export, with `where`', at }];
}

type Order = 'number' | 'date' | 'text';

/** What the values of a column are compared as; `undefined` when that is not known. */
function orderOf(
  name: string,
  samplers: ReadonlyMap<string, DraftSampler>,
  { types }: CheckContext,
): Order | undefined {
  if (samplers.get(name)?.type.convert === 'strftime') return 'date';
  const schema = types.get(name);
  const kinds = schema && possibleTypes(schema);
  if (!kinds) return undefined;
  return kinds.every((kind) => kind === 'number' || kind === 'integer') ? 'number' : 'text';
}

const noOrder = ({ name, at }: { readonly name: string; readonly at: Problem['at'] }): Problem => ({
  code: 'invalid-value',
  message: `\`${name}\` is not a number or a date, so it has no order`,
  hint: 'numbers in text get one with `convert_to: float`',
  at,
});

function impossible(
  sound: readonly Constraint[],
  samplers: ReadonlyMap<string, DraftSampler>,
): readonly Problem[] {
  const each = new Map([...samplers].map(([name, sampler]) => [name, domainsOf(sampler)]));
  const domains = new Map([...each].map(([name, all]) => [name, unionOf(all)]));
  const always = findImpossible(sound, domains);
  if (always) return [neverHolds(always, sound, domains)];
  return [...samplers].flatMap(([name, sampler]) => {
    const conditions = Object.keys(sampler.config.conditional_params ?? {});
    return (each.get(name) ?? []).slice(1).flatMap((domain, index) => {
      const own = new Map([...domains, [name, domain]]);
      const constraint = findImpossible(sound, own);
      return constraint
        ? [neverHolds(constraint, sound, own, { name, condition: conditions[index] ?? '' })]
        : [];
    });
  });
}

function domainsOf({ config, type }: DraftSampler): readonly Domain[] {
  return allParams(config).map((params) => domainOf(type, params, config.convert_to));
}

function neverHolds(
  constraint: Constraint,
  sound: readonly Constraint[],
  domains: ReadonlyMap<string, Domain>,
  only?: { readonly name: string; readonly condition: string },
): Problem {
  const { index, target, rhs } = constraint;
  const sides = [target, ...(rhs.kind === 'column' ? [rhs.column] : [])];
  const limits = sides.map(
    (name) => `\`${name}\` is ${domainText(domains.get(name) ?? { isInteger: false })}`,
  );
  const isAlone = findImpossible([constraint], domains) !== undefined;
  const others = isAlone || sound.length === 1 ? '' : ', and there are the other constraints';
  const rows = only ? ` in rows where \`${only.condition}\`` : '';
  return {
    code: 'impossible-constraint',
    message: `${constraintText(constraint)} can never hold${rows}: ${limits.join(', ')}${others}`,
    hint: `change the params of ${sides.map((name) => `\`${name}\``).join(' or ')}, or the constraint`,
    at: ['constraints', index],
  };
}
