import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { isReservedName } from '../template/types.js';
import { compileOutput } from '../json-schema/compile.js';
import { llmProperties, prepareLlmColumn, type LlmConfig } from './llm.js';
import type { ColumnType } from './types.js';

interface Score {
  readonly name: string;
  /** The criterion. */
  readonly description: string;
  /** The allowed values, each with its meaning. */
  readonly options: Readonly<Record<string, string>>;
}

interface LlmJudgeConfig extends LlmConfig {
  readonly scores: readonly Score[];
}

/**
 * `llm-judge`: `{ score_name: { reasoning, score } }`. The reasoning comes first, so that the model thinks before
 * it decides. Scores are integers when every option is an integer.
 */
export const llmJudge: ColumnType<LlmJudgeConfig> = {
  type: 'llm-judge',
  summary: 'Scores given by a model, each with its reasoning.',
  schema: {
    properties: {
      ...llmProperties,
      scores: {
        type: 'array',
        minItems: 1,
        description: 'The scores, one entry each.',
        items: {
          type: 'object',
          properties: {
            name: {
              type: 'string',
              pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
              description: 'Key of the score in the result.',
            },
            description: { type: 'string', description: 'What this score measures.' },
            options: {
              type: 'object',
              minProperties: 1,
              additionalProperties: { type: 'string' },
              description: 'Each allowed value with its meaning.',
            },
          },
          required: ['name', 'description', 'options'],
          additionalProperties: false,
        },
      },
    },
    required: ['model_alias', 'prompt', 'scores'],
  },
  prepare(config, report) {
    config.scores.forEach((score, index) => {
      if (isReservedName(score.name)) {
        report({
          code: 'reserved-name',
          message: `a score cannot be called \`${score.name}\``,
          at: ['scores', index, 'name'],
        });
      }
      const first = config.scores.findIndex((other) => other.name === score.name);
      if (first < index) {
        report({
          code: 'duplicate-score',
          message: `score \`${score.name}\` is already defined`,
          at: ['scores', index, 'name'],
        });
      }
    });
    const schema = judgeSchema(config.scores);
    const compiled = compileOutput(schema);
    const check = compiled.ok ? compiled.value.check : () => [];
    const output = { schema, check, coerce: (value: Json) => coerceScores(config.scores, value) };
    return prepareLlmColumn(config, { schema, output, append: rubric(config.scores) }, report);
  },
};

function judgeSchema(scores: readonly Score[]): JsonSchema {
  const properties = scores.map((score) => {
    const values = optionValues(score);
    const verdict = {
      type: 'object',
      description: score.description,
      properties: {
        reasoning: { type: 'string', description: 'Why this score, in a few sentences.' },
        score: { type: typeof values[0] === 'number' ? 'integer' : 'string', enum: values },
      },
      required: ['reasoning', 'score'],
      additionalProperties: false,
    };
    return [score.name, verdict] as const;
  });
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: scores.map((score) => score.name),
    additionalProperties: false,
  };
}

/** The rubric as text: a server that enforces a schema may not show its descriptions to the model. */
function rubric(scores: readonly Score[]): string {
  const criteria = scores.map((score) => {
    const options = Object.entries(score.options)
      .sort(([a], [b]) => Number(b) - Number(a) || 0)
      .map(([value, meaning]) => `  ${value}: ${meaning}`);
    return [`- ${score.name}: ${score.description}`, ...options].join('\n');
  });
  return `Score each criterion; give the reasoning first, then exactly one of its values.\n\n${criteria.join('\n')}`;
}

function optionValues(score: Score): readonly (string | number)[] {
  const keys = Object.keys(score.options);
  return keys.every((key) => /^-?\d+$/.test(key)) ? keys.map(Number) : keys;
}

/** Reads `"3"`, `3.0` and `" High "` as an option when exactly one matches. Booleans never match. */
function coerceScores(scores: readonly Score[], value: Json): Json {
  if (!isObject(value)) return value;
  const coerced: Record<string, Json> = { ...value };
  for (const score of scores) {
    const verdict: Json | undefined = Object.hasOwn(value, score.name) ? value[score.name] : undefined;
    if (isObject(verdict) && Object.hasOwn(verdict, 'score'))
      coerced[score.name] = withScore(verdict, optionValues(score));
  }
  return coerced;
}

function withScore(verdict: JsonObject, options: readonly (string | number)[]): JsonObject {
  const given = verdict['score'];
  if (typeof given === 'boolean' || given === null || typeof given === 'object' || given === undefined)
    return verdict;
  if (options.includes(given)) return verdict;
  const matches = options.filter((option) => normalised(option) === normalised(given));
  return matches.length === 1 ? { ...verdict, score: matches[0] ?? given } : verdict;
}

function normalised(value: string | number): string {
  const text = String(value).trim().toLowerCase();
  return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
}
