import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
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
              minLength: 1,
              description:
                'Key of the score in the result: any text. `{{ judge["SQL Correctness"].score }}` reads it.',
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
      // JavaScript objects would lose it.
      if (score.name === '__proto__') {
        report({
          code: 'reserved-name',
          message: 'a score cannot be called `__proto__`',
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
    // A longer reasoning is valid, but a grammar made of this schema ends a model that repeats itself.
    const asked = judgeSchema(config.scores, { maxLength: longestReasoning });
    const output = { schema: asked, check, coerce: (value: Json) => coerceScores(config.scores, value) };
    return prepareLlmColumn(config, { schema, output, append: rubric(config.scores) }, report);
  },
};

/** Characters. */
const longestReasoning = 600;

/** @param bound more keywords for the reasoning */
function judgeSchema(scores: readonly Score[], bound: JsonSchema = {}): JsonSchema {
  const properties = scores.map((score) => {
    const values = optionValues(score);
    const verdict = {
      type: 'object',
      description: score.description,
      properties: {
        reasoning: { type: 'string', description: 'Why this score, in a few sentences.', ...bound },
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

/**
 * Reads `"3"`, `3.0`, `" High "`, `"3 - good"`, `"3/4"` and the words of an option as that option when exactly one
 * matches. Booleans never match, and neither does a number that is no option.
 */
function coerceScores(scores: readonly Score[], value: Json): Json {
  if (!isObject(value)) return value;
  const coerced: Record<string, Json> = { ...value };
  for (const score of scores) {
    const verdict: Json | undefined = Object.hasOwn(value, score.name) ? value[score.name] : undefined;
    if (isObject(verdict) && Object.hasOwn(verdict, 'score')) coerced[score.name] = withScore(verdict, score);
  }
  return coerced;
}

function withScore(verdict: JsonObject, score: Score): JsonObject {
  const options = optionValues(score);
  const given = verdict['score'];
  if (typeof given === 'boolean' || given === null || typeof given === 'object' || given === undefined)
    return verdict;
  if (options.includes(given)) return verdict;
  const matches = options.filter((option) => normalised(option) === normalised(given));
  const meant = matches.length === 0 && typeof given === 'string' ? optionsIn(given, score) : matches;
  return meant.length === 1 ? { ...verdict, score: meant[0] ?? given } : verdict;
}

/** The options that a label can mean. */
function optionsIn(label: string, score: Score): readonly (string | number)[] {
  if (label.length > longestLabel) return [];
  const options = optionValues(score);
  const named = options.filter((option) => wordsOf(option, score).includes(words(label)));
  if (named.length > 0) return named;
  const [, head = '', separator = '', rest = ''] = labelParts.exec(label) ?? [];
  const led = options.filter((option) => normalised(option) === normalised(head));
  const [option] = led;
  if (led.length !== 1 || option === undefined) return [];
  if (/^(?:\/|out of|of)$/i.test(separator)) return isHighest(rest, options) ? led : [];
  // A second number, or the words of another option, make it unclear which one is meant.
  const isOther = options.some(
    (other) =>
      other !== option &&
      wordsOf(other, score).some((name) => ` ${tokens(rest)} `.includes(` ${tokens(name)} `)),
  );
  return isOther || /\d/.test(rest) ? [] : led;
}

const longestLabel = 500;

/** A number or a word; a mark, `out of` or nothing; what is said about it. */
const labelParts =
  /^\s*(?:(?:score|rating|grade)\s*[:=]\s*)?\**(-?\d+(?:\.0+)?|\p{L}[\p{L}\p{N}_ ]*?)\**\s*(\/|out of|of|[-–—:=.,(]|$)\s*([\s\S]*)$/iu;

/** `3/4` is an option only when 4 is the highest. */
function isHighest(text: string, options: readonly (string | number)[]): boolean {
  const numbers = options.filter((option) => typeof option === 'number');
  return numbers.length > 0 && /^\d+\s*$/.test(text) && Number(text) === Math.max(...numbers);
}

/** The ways to name an option in words: its key, its meaning, and the meaning up to the first mark. */
function wordsOf(option: string | number, { options }: Score): readonly string[] {
  const meaning = options[String(option)] ?? '';
  const head = /^[^,.;:(–—]*/.exec(meaning)?.[0] ?? '';
  const key = typeof option === 'string' ? [option] : [];
  return [...key, meaning, head].map(words).filter((text) => text !== '');
}

/** In lower case, with a space for all that is no letter or digit. */
function tokens(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** In lower case, without the marks around it. */
function words(text: string): string {
  return text.toLowerCase().replace(/^[\s\p{P}]+|[\s\p{P}]+$/gu, '');
}

function normalised(value: string | number): string {
  const text = String(value).trim().toLowerCase();
  return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
}
