import { describe, expect, it } from '@jest/globals';
import { shownUrl, storedUrl } from '../../src/models/providers/endpoint-url.js';
import { resolveEndpoint } from '../../src/models/providers/providers.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { adaptTo, recallAdaptation, rememberAdaptation } from '../../src/models/providers/adaptation.js';
import type { AnswerStore, CallError, Model } from '../../src/models/types.js';
import { readAnthropicAnswer } from '../../src/models/wire/anthropic-transport.js';
import { errorOfResponse, notAUrl, notAnAnswer } from '../../src/models/wire/call-errors.js';
import { errorOfConnection } from '../../src/models/wire/connection-errors.js';
import { createTransports } from '../../src/models/wire/transports.js';
import {
  definitionOf,
  providers,
  bench,
  labelQuestion,
  labelSchema,
  modelAt,
  testKey,
  textQuestion,
} from './setup.js';

const password = 'PASSW0RDxyz';
const secretUrls = [
  `http://user:${password}@127.0.0.1:1/v1`,
  `http://${password}@127.0.0.1:1/v1`,
  `http://127.0.0.1:1/v1?key=${password}`,
  `http://127.0.0.1:1/v1#${password}`,
];
const oddUrls = [
  `htp:/user:${password}@x`,
  `user:${password}@127.0.0.1/v1`,
  `http://user:${password}/2@127.0.0.1/v1`,
  `http://user:1/${password}@127.0.0.1:1/v1`,
  `http://user:${password}`,
  password,
];

describe('an address that is shown', () => {
  it.each(['http://host/v1', 'https://api.openai.com/v1', 'http://127.0.0.1:8000/v1', 'https://host'])(
    'is itself where there is nothing to hide: %s',
    (url) => expect(shownUrl(url)).toBe(url),
  );

  it.each(secretUrls)('has neither user, query nor fragment: %s', (url) => {
    expect(shownUrl(url)).toBe('http://127.0.0.1:1/v1');
  });

  it.each(oddUrls)('is not shown at all where its parts cannot be separated: %s', (url) => {
    expect(shownUrl(url)).toBe('an address that is not shown');
  });
});

describe('an address in the store', () => {
  it('is itself where there is nothing to hide', () => {
    expect(storedUrl('http://host/v1')).toBe('http://host/v1');
  });

  it.each([...secretUrls, ...oddUrls])('is a digest else: %s', (url) => {
    expect(storedUrl(url)).toMatch(/^[0-9a-f]{64}$/);
    expect(storedUrl(`${url}2`)).not.toBe(storedUrl(url));
  });
});

const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
const withCode = (code: string): Error => Object.assign(new Error('x'), { code });

/** Every error that names an address. */
const errors: Readonly<Record<string, (model: Model) => CallError | undefined>> = {
  'a broken connection': (model) => errorOfConnection(reset, model),
  'a connection that is refused': (model) => errorOfConnection(withCode('ECONNREFUSED'), model),
  'a name that cannot be looked up': (model) => errorOfConnection(withCode('ENOTFOUND'), model),
  'an answer that is too long': (model) => errorOfConnection(withCode('ERR_BUFFER_TOO_LARGE'), model),
  'no URL': ({ endpoint }) => notAUrl(endpoint),
  'no answer': (model) => notAnAnswer(model, 'an empty body'),
  'no message of Anthropic': (model) => {
    const read = readAnthropicAnswer('', model);
    return read.ok ? undefined : read.error;
  },
  'a 404': (model) => errorOfResponse({ status: 404, headers: new Headers(), body: '' }, model),
  'a redirect': (model) =>
    errorOfResponse({ status: 307, headers: new Headers({ location: model.endpoint.url }), body: '' }, model),
};

describe('an error that names an address', () => {
  it.each(Object.keys(errors))('holds nothing of it that is secret: %s', (name) => {
    for (const url of [...secretUrls, ...oddUrls]) {
      const error = errors[name]?.(modelAt(url));
      expect(error?.message).toContain('acme');
      expect(JSON.stringify(error)).not.toContain(password);
      expect(JSON.stringify(error)).not.toContain('user');
    }
  });

  it.each(secretUrls)('is shown without it by network errors, too: %s', (url) => {
    const { message } = errorOfConnection(new Error(`no request is made of ${url} here`), modelAt(url));
    expect(message).toBe(
      'acme could not be reached at http://127.0.0.1:1/v1: no request is made of http://127.0.0.1:1/v1 here',
    );
  });

  it('says where a redirect leads, also when it is relative', () => {
    const headers = new Headers({ location: '/v2?key=secret' });
    expect(errorOfResponse({ status: 307, headers, body: '' }, modelAt('http://host/v1')).message).toBe(
      'acme answered 307: go to http://host/v2',
    );
  });

  it('says which variable a wrong address may come from', () => {
    const endpoint = resolveEndpoint('openai', undefined, { OPENAI_BASE_URL: password }, providers);
    expect(endpoint && notAUrl(endpoint)).toEqual({
      class: 'invalid-request',
      message: 'the provider openai cannot be called: its endpoint is not a URL of http or https',
      hint: 'write it as http://host:port/v1, in the recipe or in OPENAI_BASE_URL',
    });
  });
});

describe.each(['openai', 'anthropic'] as const)('a call of %s to such an address', (type) => {
  it.each([...secretUrls, ...oddUrls])('fails without a word of it: %s', async (url) => {
    const model = modelAt(url, { timeout: 5 }, { endpoint: { definition: definitionOf(type) } });
    const outcome = await createTransports({ TEST_KEY: testKey })(model).send(
      { model, messages: [] },
      'prompt',
      new AbortController().signal,
    );
    expect(outcome.ok).toBe(false);
    expect(JSON.stringify(outcome)).not.toContain(password);
  });
});

/** A store that shows the facts that were put into it. */
function openStore(): AnswerStore & { readonly facts: string[] } {
  const facts: string[] = [];
  const store = createMemoryStore();
  return {
    ...store,
    facts,
    remember: (name, value) => {
      facts.push(name, value);
      return store.remember(name, value);
    },
  };
}

describe('what is remembered of an address', () => {
  const refused = { class: 'invalid-request', message: 'no', refusesParameter: 'temperature' } as const;

  it.each([...secretUrls, ...oddUrls])('holds nothing secret, and is found again: %s', async (url) => {
    const store = openStore();
    const request = { model: modelAt(url, { temperature: 1 }), messages: [], schema: labelSchema };
    const first = recallAdaptation(request, store);
    const manner = adaptTo({ ...refused, refusesSchema: true }, request, { ...first, without: [] });
    const both = manner && adaptTo(refused, request, manner);
    if (!both) throw new Error('expected another manner');
    await rememberAdaptation(request, both, store);
    expect(store.facts).toHaveLength(4);
    expect(store.facts.join()).not.toContain(password);
    expect(recallAdaptation(request, store)).toEqual({ technique: 'tool', without: ['temperature'] });
  });

  it('stays as it was where there is nothing to hide', async () => {
    const store = openStore();
    const request = { model: modelAt('http://host/v1'), messages: [] };
    await rememberAdaptation(request, { technique: 'prompt', without: ['top_p'] }, store);
    expect(store.facts).toEqual(['refused-parameters http://host/v1 acme/writer-1', 'top_p']);
  });

  it('holds nothing secret where the next model was asked', async () => {
    const store = openStore();
    const one = modelAt(`http://user:${password}@host/v1`, {}, { alias: 'one' });
    const two = modelAt(`http://host/v1?key=${password}`, {}, { alias: 'two' });
    const { models } = bench([one, two], {
      store,
      transportFor: () => ({
        send: async () => ({ ok: false, error: { class: 'invalid-request', message: 'no' } }),
      }),
    });
    for (const question of [textQuestion(), labelQuestion()])
      await models.ask({ ...question, alias: 'one', fallbacks: ['two'] });
    expect(store.facts.length).toBeGreaterThan(0);
    expect(store.facts.join()).not.toContain(password);
  });
});
