import type { JsonSchema } from '../../src/core/json.js';

const closed = (properties: JsonSchema, required: readonly string[]): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const text = closed({ text: { type: 'string', minLength: 1 } }, ['text']);

const fromOne: JsonSchema = { type: 'integer', minimum: 1 };

const artifactLocation = closed(
  {
    uri: { type: 'string', format: 'uri-reference', minLength: 1 },
    uriBaseId: { const: 'SRCROOT' },
  },
  ['uri'],
);

const region = closed({ startLine: fromOne, startColumn: fromOne, endLine: fromOne, endColumn: fromOne }, [
  'startLine',
  'startColumn',
  'endLine',
  'endColumn',
]);

const rule = closed(
  {
    id: { type: 'string', pattern: '^[a-z][a-z-]*$' },
    shortDescription: text,
    fullDescription: text,
    help: text,
  },
  ['id'],
);

const result = closed(
  {
    ruleId: { type: 'string' },
    ruleIndex: { type: 'integer', minimum: 0 },
    level: { enum: ['error', 'warning'] },
    message: text,
    locations: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: closed({ physicalLocation: closed({ artifactLocation, region }, ['artifactLocation']) }, [
        'physicalLocation',
      ]),
    },
  },
  ['ruleId', 'ruleIndex', 'level', 'message', 'locations'],
);

/** SARIF 2.1.0, closed: the parts that we emit, by the specification's sections 3.13 to 3.30, and nothing else. */
export const sarifSchema = closed(
  {
    $schema: { type: 'string' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: closed(
        {
          tool: closed(
            {
              driver: closed(
                {
                  name: { const: 'dd' },
                  version: { type: 'string', pattern: '^\\d' },
                  rules: { type: 'array', items: rule, uniqueItems: true },
                },
                ['name', 'version', 'rules'],
              ),
            },
            ['driver'],
          ),
          columnKind: { const: 'utf16CodeUnits' },
          originalUriBaseIds: closed({ SRCROOT: closed({ description: text }, ['description']) }, [
            'SRCROOT',
          ]),
          results: { type: 'array', items: result },
        },
        ['tool', 'columnKind', 'originalUriBaseIds', 'results'],
      ),
    },
  },
  ['$schema', 'version', 'runs'],
);
