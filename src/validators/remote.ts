import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { isList } from '../core/paths.js';
import { err, ok } from '../core/result.js';
import { compileOutput } from '../json-schema/compile.js';
import { headerSendings } from '../models/service-headers.js';
import { fabricate } from '../models/fabricate.js';
import { VALIDITY, type ValidatorType } from './types.js';

type RemoteParams = {
  readonly endpoint_url: string;
  readonly output_schema?: JsonSchema | null;
  readonly timeout?: number;
  readonly max_retries?: number;
  readonly retry_backoff?: number;
  readonly max_parallel_requests?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** `remote`: a service gets the target columns as `{"data": [row]}` and answers `{"data": [{"is_valid": …}]}`. */
export const remote: ValidatorType<RemoteParams> = {
  type: 'remote',
  summary: 'A service of yours that gets the target columns and answers whether they are valid.',
  schema: {
    properties: {
      endpoint_url: {
        type: 'string',
        pattern: '^https?://\\S+$',
        patternErrorMessage: 'a URL such as https://host/validate',
        description: 'Where rows are posted as `{"data": [row]}`.',
      },
      output_schema: {
        type: ['object', 'null'],
        description: 'JSON Schema of the whole reply, or `{ $ref: file }`.',
      },
      timeout: { type: 'number', exclusiveMinimum: 0, default: 30, description: 'Seconds for one reply.' },
      max_retries: { type: 'integer', minimum: 0, default: 3, description: 'Tries after the first.' },
      retry_backoff: {
        type: 'number',
        minimum: 0,
        default: 2,
        description: 'Seconds before the first retry; each further wait is twice as long.',
      },
      max_parallel_requests: {
        type: 'integer',
        minimum: 1,
        default: 4,
        description: 'Requests at the same time.',
      },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Headers. `${NAME}` is the environment variable NAME: `Bearer ${CHECK_TOKEN}`.',
      },
    },
    required: ['endpoint_url'],
  },
  prepare(params, report, { name }) {
    const { endpoint_url: url, output_schema: schema, headers = {} } = params;
    const compiled = schema ? compileOutput(schema) : ok({ check: () => [] });
    if (!compiled.ok)
      report({
        code: 'invalid-schema',
        message: `output_schema is not a valid JSON Schema: ${compiled.error}`,
        at: ['output_schema'],
      });
    const ofSchema = compiled.ok ? compiled.value.check : (): readonly string[] => [];
    const result = resultSchema(schema ?? {});
    return {
      checks: 'row',
      result,
      sends: headerSendings(url, headers),
      async validate(values, { models, index }) {
        const reply = await models.call?.({
          column: name,
          name: `the service of ${name}`,
          url,
          headers,
          body: { data: [values] },
          timeout: params.timeout ?? 30,
          retries: params.max_retries ?? 3,
          backoff: params.retry_backoff ?? 2,
          parallel: params.max_parallel_requests ?? 4,
          check: (value) => [...ofSchema(value).map(ofReply), ...mistakesOf(value)],
          example: async () => {
            const made = await fabricate(result, index);
            return made === undefined ? undefined : { data: [made] };
          },
        });
        if (!reply) return err({ class: 'stopped', message: 'no service may be called here', attempts: [] });
        return reply.ok ? ok(resultIn(reply.value) ?? {}) : reply;
      },
    };
  },
};

const ofReply = (sentence: string): string => sentence.replace(/^the answer /, 'it ');

/** The first result of a reply, where it has one. */
function resultIn(reply: Json): JsonObject | undefined {
  const [result] = dataOf(reply) ?? [];
  return isObject(result) ? result : undefined;
}

function mistakesOf(reply: Json): readonly string[] {
  const data = dataOf(reply);
  if (!data) return ['it must be an object with a list `data`'];
  if (data.length !== 1) return [`\`data\` must have 1 result, not ${data.length}`];
  const valid = resultIn(reply)?.['is_valid'];
  return typeof valid === 'boolean' || valid === null
    ? []
    : ['`data[0].is_valid` must be true, false or null'];
}

function dataOf(reply: Json): readonly Json[] | undefined {
  const data = isObject(reply) ? reply['data'] : undefined;
  return isList(data) ? data : undefined;
}

/** What the schema of the reply says of a result. */
function resultSchema({ properties, $defs }: JsonSchema): JsonSchema {
  const data = isObject(properties) ? properties['data'] : undefined;
  const items = isObject(data) && isObject(data['items']) ? data['items'] : {};
  const own = isObject(items['properties']) ? items['properties'] : {};
  const required = isList(items['required']) ? items['required'] : [];
  return {
    ...items,
    type: 'object',
    properties: { is_valid: VALIDITY, ...own },
    required: [...new Set(['is_valid', ...required])],
    ...($defs !== undefined && { $defs }),
  };
}
