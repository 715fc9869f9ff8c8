import { createRandom } from '../../src/core/random.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { describe, expect, it } from '@jest/globals';
import type { CellOutcome, PreparedColumn } from '../../src/columns/types.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { Models, ModelRequest } from '../../src/models/types.js';
import type { Problem } from '../../src/core/problem.js';
import type { ColumnConfig } from '../../src/core/config.js';

function prepare(config: JsonObject): {
  readonly column: PreparedColumn;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const type = builtInRegistries.columnTypes.get(String(config['column_type']));
  if (!type) throw new Error('no such column type');
  const given = { name: 'c', ...config } as unknown as ColumnConfig;
  const column = type.prepare(given, (problem) => problems.push(problem), {});
  return { column, problems };
}

/** Models that give one answer, coerced and checked as the real ones do. */
function answering(answer: Json, asked: ModelRequest[] = []): Models {
  return {
    async ask(question) {
      asked.push(question);
      const value = question.output?.coerce?.(answer) ?? answer;
      const errors = question.output?.check(value) ?? [];
      if (errors.length > 0)
        return { ok: false, error: { class: 'schema', message: errors.join('; '), attempts: [] } };
      return {
        ok: true,
        value: {
          value,
          text: 'text',
          reasoning: ' because ',
          conversation: [
            ...question.messages,
            { role: 'assistant', content: 'text', reasoning: ' because ' },
          ],
        },
      };
    },
  };
}

async function make(config: JsonObject, row: JsonObject, models: Models = answering(null)): Promise<Json> {
  const { column, problems } = prepare(config);
  expect(problems).toEqual([]);
  return show(
    await column.generate(row, { models, rowId: 's', row: 0, random: () => createRandom('a test') }),
  );
}

function show(outcome: CellOutcome): Json {
  if (outcome.state === 'failed') return `failed: ${outcome.failure.message}`;
  return outcome.state === 'value' ? outcome.value : (outcome.cells['c'] ?? null);
}

describe('expression', () => {
  it.each<[JsonObject, JsonObject, Json]>([
    [{ expr: '{{ a }} and {{ b }}' }, { a: 1, b: 'x' }, '1 and x'],
    [{ expr: '{{ a }}', dtype: 'int' }, { a: 3 }, 3],
    [{ expr: ' {{ a }} ', dtype: 'int' }, { a: '3.0' }, 3],
    [{ expr: '{{ a }}', dtype: 'int' }, { a: 3.9 }, 'failed: `3.9` is not an int; round it with `| int`'],
    [{ expr: '{{ a }}', dtype: 'float' }, { a: '1e3' }, 1000],
    [{ expr: '{{ a }}', dtype: 'bool' }, { a: 'Yes' }, true],
    [
      { expr: '{{ a }}', dtype: 'bool' },
      { a: 0.5 },
      'failed: `0.5` is not a bool (true, false, yes, no, 1 or 0)',
    ],
    [{ expr: '{{ a }}', dtype: 'bool' }, { a: 2 }, true],
    [{ expr: '{{ a }}', dtype: 'bool' }, { a: '0.0' }, false],
    [
      { expr: '{{ a }}', dtype: 'bool' },
      { a: 'maybe' },
      'failed: `maybe` is not a bool (true, false, yes, no, 1 or 0)',
    ],
    [{ expr: '{{ a / 2 }}', dtype: 'int' }, { a: 4 }, 2],
    [{ expr: '{{ a }}', dtype: 'int', cast: 'python' }, { a: 3.9 }, 3],
    [{ expr: '{{ a }}', dtype: 'int', cast: 'python' }, { a: -3.9 }, -3],
    [{ expr: '{{ a }}', dtype: 'int', cast: 'python' }, { a: 'x' }, 'failed: `x` is not an int'],
    [{ expr: '{{ a }}', dtype: 'bool', cast: 'python' }, { a: 0.5 }, false],
    [{ expr: '{{ a }}', dtype: 'bool', cast: 'python' }, { a: '2.5' }, true],
    [{ expr: '{{ a }}', dtype: 'bool', cast: 'python' }, { a: 'yes' }, false],
    [{ expr: '{{ a }}', dtype: 'bool', cast: 'python' }, { a: 'TRUE' }, true],
    [{ expr: '{{ a }}', dtype: 'float', cast: 'python' }, { a: 'x' }, 'failed: `x` is not a float'],
    [{ expr: '{{ a >= 4 and b == "high" }}', dtype: 'bool' }, { a: 4, b: 'high' }, true],
    [{ expr: '{{ a }}', dtype: 'list' }, { a: ['x'] }, ['x']],
    [{ expr: '{{ a.b }}' }, { a: {} }, 'failed: `a.b` has no value in this row'],
    [{ jsonata: 'a.b' }, { a: { b: ['x'] } }, ['x']],
    [{ jsonata: 'a.b ?? 0', dtype: 'int' }, { a: {} }, 0],
    [{ jsonata: 'a', dtype: 'int' }, { a: '3' }, 'failed: `"3"` is not a int'],
    [{ jsonata: 'a', dtype: 'bool' }, { a: null }, 'failed: it has no value, and dtype is bool'],
    [{ jsonata: 'rows[x > 1].x', dtype: 'list' }, { rows: [{ x: 1 }, { x: 2 }] }, [2]],
  ])('%j of %j', async (config, row, expected) => {
    expect(await make({ column_type: 'expression', ...config }, row)).toEqual(expected);
  });

  it('has no fixed type when its path leads through a list: then it is one value or several', () => {
    const { column } = prepare({ column_type: 'expression', jsonata: 'messages.text' });
    const types: Record<string, JsonObject> = {
      messages: { type: 'array' },
      'messages.text': { type: 'string' },
    };
    expect(column.types((path) => types[path.join('.')])).toEqual([{}]);
  });

  it('has the type of what a plain path points at', () => {
    const { column } = prepare({ column_type: 'expression', jsonata: 'record.tags' });
    const tags = { type: 'array', items: { type: 'string' } };
    expect(column.types((path) => (path.join('.') === 'record.tags' ? tags : undefined))).toEqual([tags]);
  });
});

const llm = { model_alias: 'm', prompt: 'Say {{ word }}' };

describe('llm-text', () => {
  it('sends both prompts, rendered, and keeps the text as it came', async () => {
    const asked: ModelRequest[] = [];
    const text = await make(
      { column_type: 'llm-text', ...llm, system_prompt: 'You are {{ who }}' },
      { word: 'hi', who: 'kind' },
      answering(' hi\n', asked),
    );
    expect(text).toBe(' hi\n');
    expect(asked[0]?.messages).toEqual([
      { role: 'system', content: 'You are kind' },
      { role: 'user', content: 'Say hi' },
    ]);
  });

  it('fails instead of sending an empty prompt', async () => {
    expect(
      await make({ column_type: 'llm-text', model_alias: 'm', prompt: '{{ word }}' }, { word: '' }),
    ).toBe('failed: prompt: it is empty for this row');
  });

  it('can keep the conversation and the reasoning beside the text', async () => {
    const { column } = prepare({
      column_type: 'llm-text',
      ...llm,
      with_trace: 'last_message',
      extract_reasoning_content: true,
    });
    const outcome = await column.generate(
      { word: 'x' },
      { models: answering('hi'), rowId: 's', row: 0, random: () => createRandom('a test') },
    );
    expect(column.makes).toEqual(['c', 'c__trace', 'c__reasoning_content']);
    expect(outcome).toEqual({
      state: 'done',
      cells: {
        c: 'hi',
        c__trace: [
          { role: 'assistant', content: [{ type: 'text', text: 'text' }], reasoning_content: 'because' },
        ],
        c__reasoning_content: 'because',
      },
    });
  });

  it('keeps the definitions of its tools, and wants to know which they are', async () => {
    const add = { name: 'add', parameters: { type: 'object' } };
    const models: Models = {
      ask: async () => ({ ok: true, value: { value: '3', text: '3', conversation: [], tools: [add] } }),
    };
    const { column, problems } = prepare({
      column_type: 'llm-text',
      ...llm,
      tool_alias: 'kit',
      with_tools: true,
    });
    expect([problems, column.makes]).toEqual([[], ['c', 'c__tools']]);
    expect(
      await column.generate(
        { word: 'x' },
        { models, rowId: 's', row: 0, random: () => createRandom('a test') },
      ),
    ).toEqual({
      state: 'done',
      cells: { c: '3', c__tools: [{ type: 'function', function: add }] },
    });
    expect(prepare({ column_type: 'llm-text', ...llm, with_tools: true }).problems).toMatchObject([
      { code: 'missing-key', at: ['with_tools'] },
    ]);
  });

  it('reports a broken template at its place', () => {
    const { problems } = prepare({
      column_type: 'llm-text',
      model_alias: 'm',
      prompt: 'Say {{ word',
      system_prompt: '{{ a | nope }}',
    });
    expect(problems.map(({ at, code, within }) => [at, code, within?.offset])).toEqual([
      [['prompt'], 'template-syntax', 4],
      [['system_prompt'], 'unknown-filter', 7],
    ]);
  });
});

describe('llm-structured', () => {
  const output_format = { type: 'object', properties: { goal: { type: 'string' } }, required: ['goal'] };

  it('keeps what the schema declares and nothing else', async () => {
    expect(
      await make(
        { column_type: 'llm-structured', ...llm, output_format },
        { word: 'x' },
        answering({ goal: 'g', chatter: 1 }),
      ),
    ).toEqual({ goal: 'g' });
  });

  it('drops extra fields of nested and nullable objects, whatever their names', async () => {
    const inner = {
      type: 'object',
      properties: { default: { type: 'string' }, properties: { type: 'string' } },
    };
    const nested = {
      type: 'object',
      properties: { a: inner, b: { anyOf: [inner, { type: 'null' }] } },
      required: ['a'],
    };
    const answer = { a: { default: 'x', properties: 'p', extra: 1 }, b: { default: 'y', extra: 2 } };
    expect(
      await make(
        { column_type: 'llm-structured', ...llm, output_format: nested },
        { word: 'x' },
        answering(answer),
      ),
    ).toEqual({
      a: { default: 'x', properties: 'p' },
      b: { default: 'y' },
    });
  });

  it('never fills in what is missing', async () => {
    expect(
      await make({ column_type: 'llm-structured', ...llm, output_format }, { word: 'x' }, answering({})),
    ).toMatch(/^failed: .*goal/);
  });

  it('reports an invalid schema', () => {
    const { problems } = prepare({
      column_type: 'llm-structured',
      ...llm,
      output_format: { type: 'objekt' },
    });
    expect(problems.map(({ code, at }) => [code, at])).toEqual([['invalid-schema', ['output_format']]]);
  });
});

describe('llm-judge', () => {
  const scores = [{ name: 'clarity', description: 'Is it clear?', options: { 0: 'no', 1: 'yes' } }];

  it('asks for reasoning before each score, and tells the rubric in words', async () => {
    const asked: ModelRequest[] = [];
    const answer = { clarity: { reasoning: 'r', score: 1 } };
    expect(
      await make({ column_type: 'llm-judge', ...llm, scores }, { word: 'x' }, answering(answer, asked)),
    ).toEqual(answer);
    expect(asked[0]?.messages[0]?.content).toBe(
      'Say x\n\nScore each criterion; give the reasoning first, then exactly one of its values.\n\n- clarity: Is it clear?\n  1: yes\n  0: no',
    );
    expect(asked[0]?.output?.schema).toMatchObject({
      properties: {
        clarity: { properties: { reasoning: { type: 'string' }, score: { type: 'integer', enum: [0, 1] } } },
      },
      required: ['clarity'],
    });
  });

  it.each<[Json, Json]>([
    ['1', 1],
    [' 1 ', 1],
    [1.0, 1],
    [true, 'failed'],
    [2, 'failed'],
    [null, 'failed'],
  ])('reads the score %j as %j', async (score, expected) => {
    const value = await make(
      { column_type: 'llm-judge', ...llm, scores },
      { word: 'x' },
      answering({ clarity: { reasoning: 'r', score } }),
    );
    if (expected === 'failed') expect(value).toMatch(/^failed/);
    else expect(value).toEqual({ clarity: { reasoning: 'r', score: expected } });
  });

  const grades = [
    {
      name: 'taste',
      description: 'How good?',
      options: { 1: 'poor', 2: 'fair', 3: 'good, with small mistakes', 4: 'great' },
    },
  ];

  it.each<[Json, number | undefined]>([
    ['3 - good', 3],
    ['3: good', 3],
    ['3 (good)', 3],
    ['3/4', 3],
    ['3 out of 4', 3],
    ['Score: 3', 3],
    ['**3**', 3],
    ['Good', 3],
    ['good, with small mistakes', 3],
    ['great.', 4],
    ['3/5', undefined],
    ['3 - poor', undefined],
    ['3-4', undefined],
    ['3 or 4', undefined],
    ['3 - good, nearly great', undefined],
    ['3.5', undefined],
    ['9', undefined],
    ['9 - good', undefined],
    [9, undefined],
    ['not good', undefined],
    ['0.75', undefined],
  ])('reads the label %j as %j', async (score, expected) => {
    const value = await make(
      { column_type: 'llm-judge', ...llm, scores: grades },
      { word: 'x' },
      answering({ taste: { reasoning: 'r', score } }),
    );
    if (expected === undefined) expect(value).toMatch(/^failed/);
    else expect(value).toEqual({ taste: { reasoning: 'r', score: expected } });
  });

  it.each([
    ['High - it says all', 'High'],
    ['much', 'High'],
    ['low.', 'Low'],
  ])('reads the words %j as %j', async (score, expected) => {
    const levels = [{ name: 'level', description: 'How much?', options: { High: 'much', Low: 'little' } }];
    expect(
      await make(
        { column_type: 'llm-judge', ...llm, scores: levels },
        { word: 'x' },
        answering({ level: { reasoning: 'r', score } }),
      ),
    ).toEqual({ level: { reasoning: 'r', score: expected } });
  });

  it('takes words as scores', async () => {
    const words = [{ name: 'level', description: 'How much?', options: { High: 'much', Low: 'little' } }];
    expect(
      await make(
        { column_type: 'llm-judge', ...llm, scores: words },
        { word: 'x' },
        answering({ level: { reasoning: 'r', score: 'high' } }),
      ),
    ).toEqual({
      level: { reasoning: 'r', score: 'High' },
    });
  });

  it('reports a score that is defined twice', () => {
    const { problems } = prepare({ column_type: 'llm-judge', ...llm, scores: [...scores, ...scores] });
    expect(problems).toEqual([
      { code: 'duplicate-score', message: 'score `clarity` is already defined', at: ['scores', 1, 'name'] },
    ]);
  });
});
