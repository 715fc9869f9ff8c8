import { describe, expect, it } from '@jest/globals';
import { redactText } from './support.js';

interface Example {
  readonly kind: string;
  readonly shape: string;
  readonly text: string;
  readonly secret: string;
}

const { redactionCorpus }: { redactionCorpus: () => readonly Example[] } = await import(
  new URL('../../bench/redaction-corpus.mjs', import.meta.url).href
);
const corpus = redactionCorpus();
const kinds = [...new Set(corpus.map(({ kind }) => kind))];

describe('a random value', () => {
  it.each(kinds)('is a secret where it stands: %s', async (kind) => {
    const missed: string[] = [];
    const examples = corpus.filter((example) => example.kind === kind);
    for (const { text, secret, shape } of examples) {
      const redacted = String(await redactText(text));
      if (redacted.includes(secret.slice(0, 10)) || !redacted.includes('[REDACTED:')) missed.push(shape);
    }
    // One of sixteen may begin with a sign that means something else, such as the dash of an option.
    expect(missed.length > 1 ? missed : []).toEqual([]);
  });

  it.each(kinds)('is also one in JSON text, which stays JSON: %s', async (kind) => {
    const example = corpus.find((other) => other.kind === kind && other.shape === 'letters and digits, 32');
    const { text = '', secret = '-' } = example ?? {};
    for (const json of [
      JSON.stringify({ output: text }),
      JSON.stringify({ body: JSON.stringify({ text }) }),
    ]) {
      const redacted = String(await redactText(json));
      expect(redacted).not.toContain(secret.slice(0, 10));
      expect(() => JSON.parse(redacted)).not.toThrow();
    }
  });
});

const VALUE = 'k7Qz2mX9aLw4Rt8Vb3Nc';

it.each([
  [`API_TOKEN=${VALUE}.Xy4.${VALUE} next`, 'API_TOKEN=[REDACTED:secret] next'],
  [`| API_TOKEN | ${VALUE} | x |`, '| API_TOKEN | [REDACTED:secret] | x |'],
  [`name,value\nAPI_TOKEN,${VALUE}\nUSER,ada`, 'name,value\nAPI_TOKEN,[REDACTED:secret]\nUSER,ada'],
  [`ENV API_TOKEN ${VALUE}\nRUN make`, 'ENV API_TOKEN [REDACTED:secret]\nRUN make'],
  [`<add key="ApiToken" value="${VALUE}" />`, '<add key="ApiToken" value="[REDACTED:secret]" />'],
  [
    `Cookie: theme=dark; sid=${VALUE}; lang=en; csrf=${VALUE}9`,
    'Cookie: theme=dark; sid=[REDACTED:cookie]; lang=en; csrf=[REDACTED:cookie]',
  ],
  [`Authorization: Token ${VALUE}, x`, 'Authorization: Token [REDACTED:authorization], x'],
  [`mysql -u root -p${VALUE} app`, 'mysql -u root -p[REDACTED:password] app'],
  [`docker login -u me -p ${VALUE} reg.example`, 'docker login -u me -p [REDACTED:password] reg.example'],
  [`redis-cli -a ${VALUE} ping`, 'redis-cli -a [REDACTED:password] ping'],
  [
    'machine a.example\n  login me\n  password hunter2x',
    'machine a.example\n  login me\n  password [REDACTED:password]',
  ],
  ['db.example:5432:app:admin:hunter2x\n', 'db.example:5432:app:admin:[REDACTED:password]\n'],
  [`CREATE USER 'a' IDENTIFIED BY 'correct horse';`, `CREATE USER 'a' IDENTIFIED BY '[REDACTED:password]';`],
  [
    'kind: Secret\ndata:\n  user: YWRtaW4xMjM=\n  pw: aHVudGVyMng=\ntype: Opaque',
    'kind: Secret\ndata:\n  user: [REDACTED:kubernetes-secret]\n  pw: [REDACTED:kubernetes-secret]\ntype: Opaque',
  ],
  ['DB_PASSWORD=RXpxMCgVtkWYPqPz', 'DB_PASSWORD=[REDACTED:password]'],
  [`<secret>${VALUE}</secret>`, '<secret>[REDACTED:secret]</secret>'],
])('only the value is replaced: %j', async (text, expected) => {
  expect(await redactText(text)).toBe(expected);
  expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
});
