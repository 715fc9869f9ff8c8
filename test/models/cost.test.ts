import { describe, expect, it } from '@jest/globals';
import { addCosts, costOf, dollars, knownPrices } from '../../src/models/usage/cost.js';
import { noTokens } from '../../src/models/usage/usage.js';
import { money } from '../../src/cli/render/text.js';
import { modelAt } from './setup.js';

const tokens = { ...noTokens, input: 1_000_000, cached: 400_000, output: 100_000, reasoning: 90_000 };

describe('a cost', () => {
  it('counts cached input at its own price, and reasoning as the output that it is', () => {
    expect(costOf(tokens, 1, { input: 2, cached_input: 0.5, output: 8 })).toEqual({
      usd: 2.2,
      atLeast: false,
    });
    expect(costOf(tokens, 1, { input: 2, output: 8 })).toEqual({ usd: 2.8, atLeast: false });
  });

  it('is unknown without prices or counts, a minimum with some of them, and never 0 for either', () => {
    const prices = { input: 1, output: 1 };
    expect(costOf(tokens, 1, undefined).usd).toBeUndefined();
    expect(costOf({ ...noTokens, unknown: 2 }, 2, prices).usd).toBeUndefined();
    expect(costOf({ ...tokens, unknown: 1 }, 2, prices)).toEqual({ usd: 1.1, atLeast: true });
    expect(costOf(noTokens, 0, undefined)).toEqual({ usd: 0, atLeast: false });
    expect(addCosts([costOf(noTokens, 0, undefined), costOf(tokens, 1, undefined)]).usd).toBeUndefined();
    expect(addCosts([costOf(tokens, 1, prices), costOf(tokens, 1, undefined)])).toEqual({
      usd: 1.1,
      atLeast: true,
    });
  });

  it.each([
    [0, '$0.00'],
    [0.000_012_3, '$0.000012'],
    [0.0042, '$0.0042'],
    [0.31, '$0.31'],
    [12.345, '$12.35'],
  ])('of %d reads %s', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });

  it('that is not known in full says so', () => {
    expect([money(null), money(2, true), money(2)]).toEqual(['unknown', '$2.00 or more', '$2.00']);
  });
});

describe('the table of prices', () => {
  const at = (url: string): ReturnType<typeof modelAt>['endpoint'] => modelAt(url).endpoint;

  it('knows a model at its own vendor only', () => {
    expect(knownPrices(at('https://api.openai.com/v1'), 'gpt-5-mini')).toMatchObject({ input: 0.25 });
    expect(knownPrices(at('https://api.anthropic.com'), 'claude-haiku-4-5')).toMatchObject({ output: 5 });
    expect(knownPrices(at('http://127.0.0.1:8000/v1'), 'gpt-5-mini')).toBeUndefined();
    expect(knownPrices(at('https://api.openai.com.example.org/v1'), 'gpt-5-mini')).toBeUndefined();
    expect(knownPrices(at('https://api.openai.com/v1'), 'gpt-unheard-of')).toBeUndefined();
    expect(knownPrices(at('https://api.openai.com/v1'), 'constructor')).toBeUndefined();
  });
});
