import { isObject, type JsonSchema } from '../../json.js';
import { remembered } from '../../remembered.js';
import type { Problem } from '../diagnostic.js';
import type { DraftColumn } from '../draft.js';
import { startsWith } from '../paths.js';
import { contradictions } from './schema-contradictions.js';
import { patternProblems } from './schema-patterns.js';
import { metaschemaProblems } from './schema-soundness.js';
import { strictRefusals } from './schema-strictness.js';

/** Keys of columns that hold a JSON Schema of an answer. */
const SCHEMA_KEYS = ['output_format'];

/** What is wrong with the schemas of answers: no schema at all, never fulfilled, run away, or not to be enforced. */
export function checkSchemas(columns: readonly DraftColumn[], found: readonly Problem[]): readonly Problem[] {
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

const soundProblems = remembered(findProblems, (schema: JsonSchema) => JSON.stringify(schema));

function findProblems(schema: JsonSchema): readonly Problem[] {
  const impossible = contradictions(schema);
  return [
    ...impossible,
    ...patternProblems(schema),
    ...(impossible.length > 0 ? [] : strictRefusals(schema)),
  ];
}
