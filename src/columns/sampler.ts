/**
 * `sampler`: a value drawn at random, without a model. The row and the column decide the draws, and a draw that breaks
 * a constraint is followed by the next one of the same generator (rejection sampling). So the values are the same in
 * every run, with any concurrency and in any partition.
 */
import type { ColumnConfig } from '../core/config.js';
import { isObject, type Json, type JsonObject, type JsonPath, type JsonSchema } from '../core/json.js';
import { getList } from '../core/paths.js';
import type { Problem } from '../core/problem.js';
import type { Random } from '../core/random.js';
import {
  constraintsOf,
  constraintText,
  OPERATORS,
  type Constraint,
  type Ordered,
} from '../samplers/constraints.js';
import { typeOf } from '../json-schema/possible-values.js';
import {
  domainOf,
  isInDomain,
  narrowedDomains,
  unionOf as unionOfDomains,
  type Domain,
} from '../samplers/domains.js';
import { convertedSchema, converter } from '../samplers/convert.js';
import { SAMPLER_TYPES } from '../samplers/registry.js';
import { dateFormatter } from '../samplers/strftime.js';
import type { SamplerType } from '../samplers/types.js';
import { isTrue, parseCondition } from '../template/condition.js';
import { parseTemplate } from '../template/jinja.js';
import type { TextTemplate } from '../template/types.js';
import { samplerSchema } from './sampler-schema.js';
import type { CellOutcome, ColumnReference, ColumnType, PreparedColumn } from './types.js';

export interface SamplerConfig extends ColumnConfig {
  readonly sampler_type: string;
  readonly params?: JsonObject;
  readonly conditional_params?: Readonly<Record<string, JsonObject>>;
  readonly convert_to?: string;
}

export const SAMPLER = 'sampler';

export const sampler: ColumnType<SamplerConfig> = {
  type: SAMPLER,
  summary: 'A value drawn at random: a category, a number, a date, an id, a person.',
  schema: samplerSchema(),
  prepare(config, report, recipe) {
    const type = readableType(config);
    return type ? prepareSampler(config, type, report, recipe) : unreadable(config.name);
  },
};

/** The sampler type, if the params have the form it needs: a type that is not there yet, or a param without a value. */
export function readableType(config: SamplerConfig): SamplerType | undefined {
  const type = SAMPLER_TYPES.get(config.sampler_type);
  return type && allParams(config).every((params) => hasForm(type, params)) ? type : undefined;
}

/** The params of rows that meet no condition, then those of each condition. */
export const allParams = ({
  params = {},
  conditional_params: conditional = {},
}: SamplerConfig): readonly JsonObject[] => [params, ...Object.values(conditional)];

function hasForm({ schema: { properties, required } }: SamplerType, params: JsonObject): boolean {
  const isTyped = ([key, { type }]: readonly [string, JsonSchema]): boolean => {
    const value = params[key];
    const types = type === undefined ? [] : [type].flat();
    return (
      value === undefined ||
      types.length === 0 ||
      types.some((name) => name === typeOf(value) || isIn(name, value))
    );
  };
  return (
    required.every((key) => params[key] !== undefined) &&
    Object.entries(properties)
      .filter((entry): entry is [string, JsonSchema] => isObject(entry[1]))
      .every(isTyped)
  );
}

const isIn = (type: Json, value: Json): boolean => type === 'number' && typeof value === 'number';

/** A column with mistakes that were reported. */
const unreadable = (name: string): PreparedColumn => ({
  name,
  references: [],
  modelAliases: [],
  makes: [name],
  types: () => [{}],
  generate: () => failed('template', 'its params could not be read'),
});

/** The params of a column: those of one condition, or those of rows that meet none. */
interface Variant {
  readonly at: JsonPath;
  readonly params: JsonObject;
  readonly condition: TextTemplate | undefined;
}

function prepareSampler(
  config: SamplerConfig,
  type: SamplerType,
  report: (problem: Problem) => void,
  recipe: object,
): PreparedColumn {
  const { name } = config;
  const variants = variantsOf(config, report);
  const partners = partnersOf(recipe, name);
  const constraints = constraintsOf(recipe).filter(
    ({ target, rhs }) => target === name && (rhs.kind === 'value' || partners.has(rhs.column)),
  );
  return {
    name,
    references: [
      ...variants.flatMap(({ at, condition }) => conditionReferences(at, condition)),
      ...variants.flatMap(({ at, params }) => paramReferences(type, at, params)),
      ...constraints.flatMap(constraintReferences),
    ],
    modelAliases: [],
    isRandom: true,
    makes: [name],
    types: () => [unionOf(variants.map(({ params }) => schemaOf(type, config, params)))],
    generate: createGenerator({
      config,
      type,
      variants,
      constraints,
      dates: formattedDates(partners),
      room: roomOf(name, recipe),
    }),
  };
}

function variantsOf(
  { params = {}, conditional_params: conditional = {} }: SamplerConfig,
  report: (problem: Problem) => void,
): readonly Variant[] {
  const variants: Variant[] = [{ at: ['params'], params, condition: undefined }];
  for (const [text, own] of Object.entries(conditional)) {
    const at = ['conditional_params', text];
    const parsed = parseCondition(text, parseTemplate);
    if (parsed.ok) variants.push({ at, params: own, condition: parsed.value });
    else
      for (const { span, ...problem } of parsed.error) report({ ...problem, at, onKey: true, within: span });
  }
  return variants;
}

/** The other sampler columns, as they are written: the recipe may have mistakes. */
function partnersOf(recipe: object, name: string): ReadonlyMap<string, JsonObject> {
  return new Map(
    getList(recipe, 'columns')
      .filter(isObject)
      .filter((column) => column['column_type'] === SAMPLER && column['name'] !== name)
      .map((column) => [String(column['name']), column]),
  );
}

/**
 * Whether a value of a column leaves values for the columns that are compared with it and are drawn after it: with `a < b`
 * and no `a` below 0, a `b` of 0 would cost its row. `undefined` for a column that none is compared with.
 */
function roomOf(name: string, recipe: object): ((value: Ordered) => boolean) | undefined {
  const configs = new Map(
    getList(recipe, 'columns')
      .filter(isObject)
      .filter((column) => column['column_type'] === SAMPLER)
      .map((column) => [String(column['name']), column as unknown as SamplerConfig]),
  );
  const constraints = constraintsOf(recipe);
  if (!constraints.some(({ rhs }) => rhs.kind === 'column' && rhs.column === name)) return undefined;
  let domain: Domain | undefined;
  /** With the first value: most recipes that are checked are not run. */
  const find = (): Domain => {
    const domains = Array.from(configs, ([column, config]): readonly [string, Domain] => {
      const type = readableType(config);
      const each = type ? allParams(config).map((params) => domainOf(type, params, config.convert_to)) : [];
      return [column, unionOfDomains(each)];
    });
    return narrowedDomains(constraints, new Map(domains)).get(name) ?? { isInteger: false };
  };
  return (value) => isInDomain(value, (domain ??= find()));
}

/** Date columns with a `convert_to`: other samplers read them as they were before it. */
function formattedDates(partners: ReadonlyMap<string, JsonObject>): readonly string[] {
  const isFormatted = (column: JsonObject): boolean =>
    column['convert_to'] !== undefined &&
    SAMPLER_TYPES.get(String(column['sampler_type']))?.convert === 'strftime';
  return [...partners].filter(([, column]) => isFormatted(column)).map(([name]) => name);
}

function conditionReferences(at: JsonPath, condition: TextTemplate | undefined): readonly ColumnReference[] {
  return (condition?.references ?? []).map((reference) => ({ ...reference, at, onKey: true }));
}

function paramReferences(type: SamplerType, at: JsonPath, params: JsonObject): readonly ColumnReference[] {
  return (type.reads?.(params) ?? []).map((read) => ({
    path: [read.column],
    at: [...at, ...read.at],
    span: { offset: 0, length: read.column.length },
    optional: false,
  }));
}

function constraintReferences({ index, rhs }: Constraint): readonly ColumnReference[] {
  if (rhs.kind === 'value') return [];
  const span = { offset: 0, length: rhs.column.length };
  return [{ path: [rhs.column], at: ['constraints', index, 'rhs'], isFromRoot: true, span, optional: false }];
}

function schemaOf(
  type: SamplerType,
  { convert_to: convertTo }: SamplerConfig,
  params: JsonObject,
): JsonSchema {
  const schema = type.valueSchema(params);
  return type.convert === 'number' ? convertedSchema(schema, placesOf(params), convertTo) : schema;
}

const placesOf = ({ decimal_places: places }: JsonObject): number | undefined =>
  typeof places === 'number' ? places : undefined;

/** The schema of values of several variants. */
function unionOf(schemas: readonly JsonSchema[]): JsonSchema {
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  const [only] = different;
  if (different.length === 1 && only) return only;
  const types = [...new Set(different.map(({ type }) => type))];
  const isNumber = types.every((type) => type === 'integer' || type === 'number');
  const [type] = types.length === 1 ? types : isNumber ? ['number'] : [];
  if (typeof type !== 'string' || type === 'object') return { anyOf: different };
  const lists = different.map((schema) => schema['enum']);
  return lists.every((values) => Array.isArray(values))
    ? { type, enum: [...new Set(lists.flat() as Json[])] }
    : { type };
}

interface GeneratorInput {
  readonly config: SamplerConfig;
  readonly type: SamplerType;
  readonly variants: readonly Variant[];
  readonly constraints: readonly Constraint[];
  /** Names of date columns with a `convert_to`. */
  readonly dates: readonly string[];
  readonly room: ReturnType<typeof roomOf>;
}

/** So often a value is drawn for one cell, at most. */
const MOST_DRAWS = 10_000;

/** Draws the value of one row, for one variant. */
type Draw = (random: Random, row: JsonObject) => Json | undefined;

function createGenerator(input: GeneratorInput): PreparedColumn['generate'] {
  const { config, type, variants, constraints, dates, room } = input;
  /** Prepared on first use: most recipes that are checked are not run. */
  const draws = new Map<Variant, Draw>();
  const finish = finisher(type, config);
  return (cells, context) => {
    const row = dates.length === 0 ? cells : withRawDates(cells, dates);
    const chosen = chooseVariant(variants, row);
    if (typeof chosen === 'string') return failed('template', chosen);
    const make = (draw: Draw): CellOutcome => {
      const random = context.random();
      if (constraints.length > 0 || room)
        return drawWithin({ constraints, room }, chosen, draw, row, random, finish);
      const value = draw(random, row);
      return value === undefined ? noValue(chosen) : finish(value);
    };
    const known = draws.get(chosen);
    if (known) return make(known);
    const prepare = (): CellOutcome => {
      const draw = prepareDraw(type, config, chosen.params);
      draws.set(chosen, draw);
      return make(draw);
    };
    return type.load?.(chosen.params).then(prepare) ?? prepare();
  };
}

/** Draws until every constraint is met, and those of later columns can be. */
function drawWithin(
  { constraints, room = () => true }: Pick<GeneratorInput, 'constraints' | 'room'>,
  variant: Variant,
  draw: Draw,
  row: JsonObject,
  random: Random,
  finish: Finish,
): CellOutcome {
  /** How often each constraint was broken. */
  const broken = new Map<Constraint, number>();
  /** The first value that leaves no room: the column that has none says so. */
  let without: Json | undefined;
  for (let count = 0; count < MOST_DRAWS; count += 1) {
    const value = draw(random, row);
    if (value === undefined) return noValue(variant);
    const failing = constraints.find((constraint) => !isMet(constraint, value, row));
    if (!failing && room(value as Ordered)) return finish(value);
    if (!failing) without ??= value;
    else broken.set(failing, (broken.get(failing) ?? 0) + 1);
  }
  if (without !== undefined) return finish(without);
  const [worst] = [...broken].toSorted(([, a], [, b]) => b - a).map(([constraint]) => constraint);
  return failed('constraint', worst ? neverMet(worst, row) : '');
}

function noValue({ at }: Variant): CellOutcome {
  return failed('template', `\`${at.join('.')}\` has no value for this row`);
}

function prepareDraw(type: SamplerType, config: SamplerConfig, params: JsonObject): Draw {
  const { sampler_type: _, ...own } = params;
  const draw = type.prepare(own);
  const places = placesOf(own);
  if (type.convert !== 'number' || (places === undefined && config.convert_to === undefined)) return draw;
  const convert = converter(type.valueSchema(own), places, config.convert_to);
  return (random, row) => {
    const drawn = draw(random, row);
    return drawn === undefined ? undefined : convert(drawn);
  };
}

/** Makes the cell of a value that meets the constraints. */
type Finish = (value: Json) => CellOutcome;

function finisher(type: SamplerType, { name, convert_to: pattern }: SamplerConfig): Finish {
  if (type.convert !== 'strftime' || typeof pattern !== 'string')
    return (value) => ({ state: 'value', value });
  const format = dateFormatter(pattern);
  return (raw) => {
    const value = format.ok ? format.value(String(raw)) : raw;
    return { state: 'done', cells: { [name]: value, [rawName(name)]: raw } };
  };
}

/** The last condition that the row meets decides; a sentence when one could not be evaluated. */
function chooseVariant(variants: readonly Variant[], row: JsonObject): Variant | string {
  let [chosen] = variants;
  for (const variant of variants) {
    const text = variant.condition?.render(row);
    if (text && !text.ok) return `the condition \`${variant.at[1]}\`: ${text.error}`;
    if (text && isTrue(text.value)) chosen = variant;
  }
  return chosen ?? 'there are no params';
}

/** The cell that keeps a date as it was before `convert_to`. No column has this name, and no template can read it. */
const rawName = (column: string): string => `${column} before convert_to`;

function withRawDates(cells: JsonObject, dates: readonly string[]): JsonObject {
  const raw = dates.flatMap((name): [string, Json][] => {
    const value = cells[rawName(name)];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...cells, ...Object.fromEntries(raw) };
}

function isMet({ operator, rhs }: Constraint, value: Json, row: JsonObject): boolean {
  const other = rhs.kind === 'value' ? rhs.value : row[rhs.column];
  return OPERATORS[operator].holds(value as Ordered, other as Ordered);
}

function neverMet(constraint: Constraint, row: JsonObject): string {
  const { target, rhs } = constraint;
  const other = rhs.kind === 'value' ? '' : ` (\`${rhs.column}\` is ${String(row[rhs.column])})`;
  return `none of ${MOST_DRAWS} draws of \`${target}\` satisfies ${constraintText(constraint)}${other}`;
}

const failed = (kind: 'template' | 'constraint', message: string): CellOutcome => ({
  state: 'failed',
  failure: {
    class: kind,
    message,
    ...(kind === 'constraint' && { hint: 'widen the params of the column, or relax the constraint' }),
    attempts: [],
  },
});
