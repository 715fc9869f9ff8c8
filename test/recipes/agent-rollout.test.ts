import { builtInRegistries } from '../../src/plugins/registries.js';
import { join } from 'node:path';
import { createRandom } from '../../src/core/random.js';
import type { Problem } from '../../src/core/problem.js';
import { describe, expect, it } from '@jest/globals';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { openRecipe } from '../../src/run/open-recipe.js';
import type { PreparedColumn } from '../../src/columns/types.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../../src/core/json.js';
import type { ChatMessage, Models } from '../../src/models/types.js';
import { projectDir } from '../rig/program.js';

/** A model that takes the question and answers nothing: what was asked is what we want to see. */
function listening(asked: ChatMessage[][]): Models {
  return {
    async ask({ messages }) {
      asked.push([...messages]);
      return { ok: false, error: { class: 'stopped', message: '', attempts: [] } };
    },
  };
}

async function digestPrompt(row: JsonObject): Promise<string> {
  const { plan } = await openRecipe(join(projectDir, 'recipes/agent-rollout.yaml'), { cwd: projectDir });
  const column = plan?.columns.find((planned) => planned.column.name === 'trace_digest')?.column;
  const asked: ChatMessage[][] = [];
  await column?.generate(row, {
    models: listening(asked),
    rowId: '',
    row: 0,
    random: () => createRandom('a test'),
  });
  return asked[0]?.map(({ content }) => content).join('\n') ?? '';
}

/** A trace whose every text is as long as real ones get, made of `unit`. */
function hugeTrace(unit: string): JsonObject {
  const text = (length: number): string => unit.repeat(Math.ceil(length / unit.length));
  const message = (role: string, index: number): JsonObject => ({
    role,
    content: [{ type: 'text', text: `START ${index} ${text(300_000)} END ${index}` }],
    ...(role === 'assistant' && {
      reasoning_content: text(50_000),
      tool_calls: [{ id: text(100), type: 'function', function: { name: 'Bash', arguments: text(100_000) } }],
    }),
  });
  return {
    trace_id: text(1000),
    source_kind: 'claude_code',
    source_path: text(1000),
    root_session_id: text(1000),
    agent_id: text(1000),
    is_sidechain: false,
    project_path: text(4000),
    cwd: text(4000),
    git_branch: text(4000),
    started_at: null,
    ended_at: null,
    message_count: 20,
    tool_call_count: 10,
    source_meta: { summary: text(100_000), tools: Array.from({ length: 200 }, () => text(50)) },
    messages: Array.from({ length: 20 }, (_, index) =>
      message(index % 2 === 0 ? 'user' : 'assistant', index),
    ),
    final_assistant_message: text(100_000),
  };
}

describe('the digest prompt', () => {
  it.each([
    ['prose', 'The quick brown fox jumps over the lazy dog. '],
    ['base64', 'QmFzZTY0IGlzIG5vdCB0ZXh0LCBpdCBvbmx5IGxvb2tzIGxpa2UgaXQ7wqfDn8O8'],
    ['hexadecimal', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 '],
    ['digits', '3141592653589793238462643383279502884197169399375105820974944592'],
    ['Chinese', '敏捷的棕色狐狸跳过了懒狗，然后继续它的旅程。'],
    ['emoji', '🦊🐕🧪🚀✨👩‍👩‍👧‍👦'],
    ['escapes', '\\"\n\t\\\\"'],
  ])('stays below 24,000 tokens for a huge trace of %s', async (_name, unit) => {
    const prompt = await digestPrompt(hugeTrace(unit));
    expect(encode(prompt, { disallowedSpecial: new Set() }).length).toBeLessThan(24_000);
  });

  it('keeps both ends of the messages that matter', async () => {
    const prompt = await digestPrompt(hugeTrace('lorem ipsum '));
    for (const index of [0, 1, 2, 3, 16, 17, 18, 19]) {
      expect(prompt).toContain(`START ${index} `);
      expect(prompt).toContain(` END ${index}`);
    }
    expect(prompt).not.toContain('START 10 ');
  });

  it('shows a message of a short trace only once', async () => {
    const messages = Array.from({ length: 6 }, (_, index) => ({
      role: 'user',
      content: [{ type: 'text', text: `message <${index}>` }],
    }));
    const prompt = await digestPrompt({ ...hugeTrace('x'), messages });
    for (const index of [0, 1, 2, 3, 4, 5]) expect(prompt.split(`message <${index}>`)).toHaveLength(2);
  });
});

describe('the schemas that models are asked for', () => {
  it('bound every text and every list, so that a grammar ends a model that repeats itself', async () => {
    const { plan } = await openRecipe(join(projectDir, 'recipes/agent-rollout.yaml'), { cwd: projectDir });
    const asked = new Map<string, JsonSchema>();
    const models: Models = {
      async ask({ column, output }) {
        if (output) asked.set(column, output.schema);
        return { ok: false, error: { class: 'stopped', message: '', attempts: [] } };
      },
    };
    for (const { column } of plan?.columns ?? [])
      await column.generate(
        { ...hugeTrace('x'), trace_digest: {}, sft_record: { instruction: 'i', response: 'r' } },
        { models, rowId: '', row: 0, random: () => createRandom('a test') },
      );
    expect([...asked.keys()]).toEqual(['trace_digest', 'sft_record', 'sft_quality_judge_result']);
    for (const [column, schema] of asked) expect([column, unbounded(schema)]).toEqual([column, []]);
  });
});

/** Places of texts and lists that may be endless, or longer than a grammar of llama.cpp may say. */
function unbounded(schema: Json, at = ''): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((part: Json, index) => unbounded(part, `${at}/${index}`));
  if (!isObject(schema)) return [];
  const isFinite = (most: Json | undefined): boolean => typeof most === 'number' && most <= 2000;
  const isEndless =
    (schema['type'] === 'string' && schema['enum'] === undefined && !isFinite(schema['maxLength'])) ||
    (schema['type'] === 'array' && !isFinite(schema['maxItems'])) ||
    (schema['type'] === 'object' && schema['additionalProperties'] !== false);
  const inner = Object.entries(schema).flatMap(([key, value]) => unbounded(value, `${at}/${key}`));
  return isEndless ? [at, ...inner] : inner;
}

describe('the flat columns, written in Jinja as Data Designer writes them', () => {
  const scores = ['groundedness', 'standalone_task', 'response_quality', 'faithfulness', 'training_utility'];

  function expression(config: JsonObject): PreparedColumn {
    const type = builtInRegistries.columnTypes.get('expression');
    if (!type) throw new Error('no expression columns');
    const fail = (problem: Problem): never => {
      throw new Error(problem.message);
    };
    return type.prepare({ name: 'x', column_type: 'expression', ...config }, fail, {});
  }

  async function value(column: PreparedColumn | undefined, row: JsonObject): Promise<Json> {
    const outcome = await column?.generate(row, {
      models: listening([]),
      rowId: '',
      row: 0,
      random: () => createRandom('a test'),
    });
    return outcome?.state === 'value' ? outcome.value : 'failed';
  }

  it.each([[4], [3], [0]])('give the same values for a score of %j', async (score) => {
    const { plan } = await openRecipe(join(projectDir, 'recipes/agent-rollout.yaml'), { cwd: projectDir });
    const ours = (name: string): PreparedColumn | undefined =>
      plan?.columns.find(({ column }) => column.name === name)?.column;
    const verdicts = Object.fromEntries(
      scores.map((name) => [name, { reasoning: 'r', score: name === 'faithfulness' ? score : 4 }]),
    );
    const row: Record<string, Json> = {
      trace_digest: { training_value: 'high' },
      sft_record: { instruction: 'Do it', response: 'So', skill_tags: ['one', 'two'] },
      sft_quality_judge_result: verdicts,
      trace_training_value: 'high',
    };
    for (const name of scores) {
      const path = `sft_quality_judge_result.${name}.score`;
      const jinja = expression({ expr: `{{ ${path} if ${path} is not none else 0 }}`, dtype: 'int' });
      const made = await value(ours(`${name}_score`), row);
      expect(await value(jinja, row)).toBe(made);
      row[`${name}_score`] = made;
    }
    const verdict = expression({
      dtype: 'bool',
      expr: `{{ ${scores.map((name) => `${name}_score >= 4`).join(' and ')} and trace_training_value == 'high' }}`,
    });
    expect(await value(ours('recommended_for_sft'), row)).toBe(score === 4);
    expect(await value(verdict, row)).toBe(score === 4);
    expect(await value(expression({ expr: '{{ sft_record.instruction }}' }), row)).toBe(
      await value(ours('sft_instruction'), row),
    );
  });

  it('are 0 where there is no verdict', async () => {
    const { plan } = await openRecipe(join(projectDir, 'recipes/agent-rollout.yaml'), { cwd: projectDir });
    const column = plan?.columns.find((planned) => planned.column.name === 'groundedness_score')?.column;
    expect(await value(column, { sft_quality_judge_result: null })).toBe(0);
  });
});
