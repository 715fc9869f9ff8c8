import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { JsonSchema } from '../../src/core/json.js';
import { estimateTokens } from '../../src/core/estimate-tokens.js';
import { createEstimator } from '../../src/models/estimator.js';
import { projectDir } from '../rig/program.js';
import { modelAt, outputOf, textQuestion } from './setup.js';

describe('an estimate of tokens', () => {
  it.each([
    ['prose', readFileSync(join(projectDir, 'docs/recipes.md'), 'utf8')],
    ['code', readFileSync(join(projectDir, 'src/models/conversation.ts'), 'utf8')],
    ['Russian', 'Исправьте ошибку в разборе файла, прежде чем запускать тесты ещё раз.'],
    ['Chinese', '请在再次运行测试之前修复文件解析中的错误。'],
    ['Japanese', 'テストを再実行する前に、ファイルの解析エラーを修正してください。'],
    ['Korean', '테스트를 다시 실행하기 전에 파일 구문 분석 오류를 수정하세요.'],
    ['German', 'Bevor die Prüfungen erneut laufen, müßte der Fehler beim Einlesen behoben werden.'],
  ])('of %s is within a quarter of what a tokenizer counts', (_name, text) => {
    const ratio = estimateTokens(text) / encode(text).length;
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.33);
  });

  it.each([
    ['', 0],
    // Four ASCII characters a token, three others, one and a half of Han.
    ['abcde', 2],
    ['éééééé', 2],
    ['漢漢漢', 2],
    // Han beyond the first 65,536 characters, emoji, and halves of a character.
    ['\u{20000}\u{20000}\u{20000}', 2],
    ['😀😀😀', 1],
    ['\ud800\udc00a\ud800\ud800\udc00\udc00', 2],
  ])('of %j is %i', (text, tokens) => expect(estimateTokens(text)).toBe(tokens));
});

describe('an estimator', () => {
  const estimate = async (schema: JsonSchema | undefined, maxTokens?: number): Promise<[unknown, number]> => {
    const model = modelAt('http://127.0.0.1:9/v1', maxTokens === undefined ? {} : { max_tokens: maxTokens });
    const estimator = createEstimator(new Map([['writer', model]]));
    const question = { ...textQuestion(), ...(schema && { output: outputOf(schema) }) };
    const reply = await estimator.ask(question);
    return [reply.ok && reply.value.value, estimator.estimates().get('text')?.output ?? 0];
  };

  it('answers with a valid value of the schema, references and unions included', async () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        label: { enum: ['bug', 'feature'] },
        score: { type: ['integer', 'null'], minimum: 3 },
        note: { type: 'string', maxLength: 12 },
        parts: { type: 'array', items: { $ref: '#/$defs/part' }, minItems: 4 },
        either: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
      },
      required: ['label', 'score', 'note', 'parts', 'either'],
      $defs: { part: { type: 'object', properties: { name: { type: 'string' } } } },
    };
    const [value] = await estimate(schema);
    expect(outputOf(schema).check(value as never)).toEqual([]);
    expect(value).toMatchObject({ label: 'bug', parts: { length: 4 } });
  });

  it('ends for a schema that contains itself', async () => {
    const schema: JsonSchema = { type: 'object', properties: { next: { $ref: '#' } } };
    const [value] = await estimate(schema);
    expect(JSON.stringify(value).length).toBeLessThan(200);
  });

  it('never counts more than max_tokens', async () => {
    expect((await estimate(undefined))[1]).toBe(300);
    expect((await estimate(undefined, 50))[1]).toBe(50);
  });
});
