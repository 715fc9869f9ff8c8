import type { Check } from './check.js';
import { isObject, type JsonSchema } from '../../core/json.js';
import { memoize } from '../../core/memoize.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { startsWith } from '../../core/paths.js';
import { contradictions } from './schema-contradictions.js';
import { patternProblems } from '../../json-schema/patterns.js';
import { metaschemaProblems } from './schema-soundness.js';
import { closeObjects } from '../../json-schema/closed-schema.js';
import { toStrictSchema } from '../../models/structured/strict-schema.js';
import { subschemas, partName, type Subschema } from '../../json-schema/subschemas.js';

/** Keys of columns that hold a JSON Schema of an answer. */
const SCHEMA_KEYS = ['output_format'];

/** What is wrong with the schemas of answers: no schema at all, never fulfilled, run away, or not to be enforced. */
function checkSchemas(columns: readonly DraftColumn[], found: readonly Problem[]): readonly Problem[] {
  return columns.flatMap(({ at, config }) =>
    SCHEMA_KEYS.flatMap((key) => {
      const schema = config[key];
      const place = [...at, key];
      const known = found.filter((problem) => startsWith(problem.at, place));
      if (!isObject(schema) || known.some(({ code }) => code !== 'invalid-schema')) return [];
      const problems = known.length > 0 ? metaschemaProblems(schema) : soundProblems(schema);
      return problems.map((problem) => ({ ...problem, at: [...place, ...problem.at] }));
    }),
  );
}

const soundProblems = memoize(findProblems, (schema: JsonSchema) => JSON.stringify(schema));

function findProblems(schema: JsonSchema): readonly Problem[] {
  const impossible = contradictions(schema);
  return [
    ...impossible,
    ...patternProblems(schema),
    ...(impossible.length > 0 ? [] : strictRefusals(schema)),
  ];
}

/** What keeps a schema from being enforced by the server: a model may then answer anything, and is asked again. */
function strictRefusals(root: JsonSchema): readonly Problem[] {
  const closed = closeObjects(root);
  if (toStrictSchema(closed).strict) return [];
  const culprits =
    closed['type'] === 'object' ? culpritsIn({ path: [], schema: closed }) : [{ path: [], keyword: 'type' }];
  return culprits.slice(0, MOST_TOLD).map(({ path, keyword }) => ({
    severity: 'warning',
    code: 'not-strict',
    message: `strict mode cannot enforce this schema, because of ${cause(path, keyword)}`,
    hint: 'the answer is checked all the same; a simpler form is more often right at the first try',
    at: keyword === undefined ? path : [...path, keyword],
    onKey: true,
  }));
}

const MOST_TOLD = 3;

interface Culprit {
  readonly path: Subschema['path'];
  /** Without it the part would do; `undefined` when no single keyword is to blame. */
  readonly keyword: string | undefined;
}

/** The innermost parts that are refused, found by trying: what is refused is for `strict-schema.ts` alone to know. */
function culpritsIn(part: Subschema): readonly Culprit[] {
  const inner = subschemas(part).filter(({ schema }) => !isTaken(schema));
  if (inner.length > 0) return inner.flatMap(culpritsIn);
  const { path, schema } = part;
  const keyword = Object.keys(schema).find((key) => {
    const { [key]: _, ...others } = schema;
    return isTaken(others);
  });
  return [{ path, keyword }];
}

const isTaken = (schema: JsonSchema): boolean =>
  toStrictSchema({ type: 'object', properties: { part: schema }, additionalProperties: false }).strict;

function cause(path: Subschema['path'], keyword: string | undefined): string {
  if (keyword === undefined) return `${partName(path)}: it has no fixed form`;
  return path.length === 0 && keyword === 'type'
    ? 'its `type`: the answer must be an object'
    : `\`${keyword}\` in ${partName(path)}`;
}

export const schemas: Check = {
  name: 'schemas',
  run: ({ drafts, earlier }) => checkSchemas(drafts.columns, earlier),
};
