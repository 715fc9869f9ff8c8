/**
 * What a recipe names as code of the person's own, for `custom` columns and validators: a function of a plugin, a command
 * or a service. Rows go out as objects, and results come back as objects.
 */
import type { Failure } from '../core/failure.js';
import { isObject, type Json, type JsonObject, type JsonPath, type JsonSchema } from '../core/json.js';
import { oneLine } from '../core/one-line.js';
import type { FunctionContext, PluginFunction, PluginFunctions } from '../core/plugin-function.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import type { Sending } from '../core/sending.js';
import { correction } from '../core/suggest.js';
import { headerSendings } from '../models/service-headers.js';
import { fabricate } from '../models/fabricate.js';
import type { Models, ProgramCommand } from '../models/types.js';

export interface OwnCodeConfig {
  readonly function?: string;
  readonly command?: readonly string[];
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly version?: string | number;
  readonly params?: Json;
  readonly timeout?: number;
  readonly max_retries?: number;
  readonly retry_backoff?: number;
  readonly max_restarts?: number;
  readonly max_parallel_requests?: number;
  readonly batch_size?: number;
}

const DEFAULTS = { timeout: 60, retries: 3, backoff: 2, restarts: 20, parallel: 4, rows: 1 };

const VARIABLE_NAME = '^[A-Za-z_][A-Za-z0-9_]*$';

export const ownCodeProperties: JsonObject = {
  function: { type: 'string', minLength: 1, description: 'A function that a plugin of the recipe exports.' },
  command: {
    type: 'array',
    minItems: 1,
    items: { type: 'string' },
    description:
      'A program and its arguments, without a shell, started in the folder of the recipe. It reads rows and writes results, one JSON object a line. It needs your permission.',
  },
  url: {
    type: 'string',
    pattern: String.raw`^https?://\S+$`,
    patternErrorMessage: 'a URL such as https://host/rows',
    description: 'Where rows are posted as `{"data": [row]}`.',
  },
  headers: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Headers of `url`. `${NAME}` is the environment variable NAME: `Bearer ${MY_TOKEN}`.',
  },
  env: {
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', pattern: VARIABLE_NAME, patternErrorMessage: 'the NAME of a variable' },
    description:
      'NAMES of environment variables that `command` gets besides PATH, HOME and the like. Keys are not passed otherwise.',
  },
  version: {
    type: ['string', 'number'],
    description:
      'Any text. Change it when the program or the service behind `url` has changed: stored results of another version are not used.',
  },
  params: { description: 'Any value, given along with each row.' },
  timeout: {
    type: 'number',
    exclusiveMinimum: 0,
    default: DEFAULTS.timeout,
    description: 'Seconds for one row. Of a command, the time since its last answer.',
  },
  max_retries: {
    type: 'integer',
    minimum: 0,
    default: DEFAULTS.retries,
    description: 'Tries of `url` after the first.',
  },
  retry_backoff: {
    type: 'number',
    minimum: 0,
    default: DEFAULTS.backoff,
    description: 'Seconds before the first retry of `url`; each further wait is twice as long.',
  },
  max_restarts: {
    type: 'integer',
    minimum: 0,
    default: DEFAULTS.restarts,
    description: 'How often `command` is started again after it has ended or hung.',
  },
  max_parallel_requests: {
    type: 'integer',
    minimum: 1,
    default: DEFAULTS.parallel,
    description: 'Requests to `url`, or rows in `command`, at the same time.',
  },
};

export const batchSizeProperty: JsonObject = {
  type: 'integer',
  minimum: 1,
  default: DEFAULTS.rows,
  description: 'Rows in one request to `url`, at most.',
};

/** A program of the recipe, which needs permission. */
export interface NamedProgram extends ProgramCommand {
  readonly at: JsonPath;
}

export interface OwnCode {
  readonly program?: NamedProgram;
  /** What its service gets of the environment. */
  readonly sends?: readonly Sending[];
  run(row: JsonObject, context: OwnCodeContext): Promise<Result<JsonObject, Failure>>;
}

export interface OwnCodeContext extends Omit<FunctionContext, 'params'> {
  readonly models: Models;
}

export interface OwnCodeOptions {
  readonly column: string;
  readonly functions: PluginFunctions;
  /** The key of `config` that names the function. */
  readonly functionKey?: string;
  /** What a result must be; dry runs make one of it. */
  readonly result: JsonSchema;
  /** Every mistake of a result. */
  readonly check: (result: JsonObject) => readonly string[];
  readonly report: (problem: Problem) => void;
}

export function prepareOwnCode(config: OwnCodeConfig, options: OwnCodeOptions): OwnCode {
  if (config.command) return prepareService(config, options, prepareProgram(config, config.command));
  if (config.url !== undefined) return prepareService(config, options, undefined);
  return prepareFunction(config, options);
}

const prepareProgram = (
  { env = [], max_restarts: restarts = DEFAULTS.restarts }: OwnCodeConfig,
  command: readonly string[],
): NamedProgram => ({ command, env, restarts, at: ['command'] });

function prepareService(
  config: OwnCodeConfig,
  { column, result, check }: OwnCodeOptions,
  program: NamedProgram | undefined,
): OwnCode {
  const { version, params, batch_size: rows = DEFAULTS.rows } = config;
  const requests = config.max_parallel_requests ?? DEFAULTS.parallel;
  const ofRow = {
    column,
    name: program ? `the command of ${column}` : `the service of ${column}`,
    url: config.url ?? '',
    headers: config.headers ?? {},
    ...(version !== undefined && { version: String(version) }),
    timeout: config.timeout ?? DEFAULTS.timeout,
    // A row that ends its program, or that it refuses, is not tried again.
    retries: program ? 0 : (config.max_retries ?? DEFAULTS.retries),
    backoff: config.retry_backoff ?? DEFAULTS.backoff,
    parallel: program ? requests : requests * rows,
    ...(program ? { program } : { together: { rows, requests } }),
    check: (reply: Json): readonly string[] => {
      const made = resultIn(reply);
      return made ? check(made) : ['a result must be an object'];
    },
  };
  return {
    ...(program ? { program } : { sends: headerSendings(ofRow.url, ofRow.headers) }),
    async run(row, { models, index }) {
      const reply = await models.call?.({
        ...ofRow,
        body: { ...(params !== undefined && { params }), data: [row] },
        example: async () => {
          const made = await fabricate(result, index);
          return made === undefined ? undefined : { data: [made] };
        },
      });
      if (!reply) return err({ class: 'stopped', message: 'no service may be called here', attempts: [] });
      return reply.ok ? ok(resultIn(reply.value) ?? {}) : reply;
    },
  };
}

function prepareFunction(
  { function: name = '', params = null, timeout = DEFAULTS.timeout }: OwnCodeConfig,
  { column, functions, functionKey = 'function', check, report }: OwnCodeOptions,
): OwnCode {
  const found = functions.get(name);
  if (!found) report(unknownFunction(name, functions, functionKey));
  return {
    async run(row, { models: _models, ...context }) {
      const made = found
        ? await callFunction(found, row, { ...context, params }, timeout)
        : err('it is not known');
      if (!made.ok) return refused(`the function \`${name}\` of ${column} failed: ${made.error}`);
      if (!isObject(made.value)) return unfit(name, column, ['a result must be an object']);
      const mistakes = check(made.value);
      return mistakes.length === 0 ? ok(made.value) : unfit(name, column, mistakes);
    },
  };
}

async function callFunction(
  called: PluginFunction,
  row: JsonObject,
  context: FunctionContext,
  timeout: number,
): Promise<Result<Json, string>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result<Json, string>>((resolve) => {
    timer = setTimeout(() => resolve(err(`it did not answer within ${timeout} s`)), timeout * 1000);
  });
  const making = async (): Promise<Result<Json, string>> => {
    const made: unknown = await called(structuredClone(row), context);
    // What is in a dataset is JSON: dates become text here as they would in a file.
    return ok(made === undefined ? null : (JSON.parse(JSON.stringify(made)) as Json));
  };
  try {
    return await Promise.race([making(), late]);
  } catch (thrown) {
    return err(oneLine(thrown instanceof Error ? thrown.message : String(thrown)));
  } finally {
    clearTimeout(timer);
  }
}

function unknownFunction(name: string, functions: PluginFunctions, key: string): Problem {
  const known = [...functions.keys()];
  const isPython = key !== 'function';
  const instead = isPython
    ? `write \`command: [python3, FILE.py]\` in place of \`${key}\`, where FILE.py calls it for each line; or a \`url\`, or a plugin under \`plugins:\` that has it (docs/custom.md)`
    : 'list a plugin that has it under `plugins:`, or give a `command` or a `url` (docs/custom.md)';
  return {
    code: 'unknown-plugin-function',
    message: `no plugin of this recipe has a function \`${name}\`${isPython ? ', and a config holds only the name of a Python function' : ''}`,
    ...correction(name, known, isPython || known.length === 0 ? instead : undefined),
    at: [key],
  };
}

const refused = (message: string): Result<never, Failure> =>
  err({ class: 'invalid-request', message, attempts: [] });

const unfit = (name: string, column: string, mistakes: readonly string[]): Result<never, Failure> =>
  err({
    class: 'schema',
    message: `the result of the function \`${name}\` of ${column} is not as expected: ${mistakes.join('; ')}`,
    attempts: [],
  });

/** The result in a reply `{"data": [result]}`. */
function resultIn(reply: Json): JsonObject | undefined {
  const data = isObject(reply) ? reply['data'] : undefined;
  const [result] = Array.isArray(data) ? (data as readonly Json[]) : [];
  return isObject(result) ? result : undefined;
}
