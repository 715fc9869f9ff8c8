import { closeObjects } from '../../columns/closed-schema.js';
import type { JsonSchema } from '../../json.js';
import { toStrictSchema } from '../../models/structured/strict-schema.js';
import type { Problem } from '../diagnostic.js';
import { subschemas, partName, type Subschema } from '../subschemas.js';

/** What keeps a schema from being enforced by the server: a model may then answer anything, and is asked again. */
export function strictRefusals(root: JsonSchema): readonly Problem[] {
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
