import { describe, expect, it } from '@jest/globals';
import { redact } from './support.js';

const BASE64 = Buffer.from(
  Array.from({ length: 30_000 }, (_, at) => (at * 7919 + (at >> 5) * 31) % 256),
).toString('base64');

const CLEAN: Readonly<Record<string, string>> = {
  'a git SHA': 'commit 3f2a9c1b7d8e4f60a1b2c3d4e5f60718293a4b5c (HEAD -> main)',
  'a UUID': 'session 1b3e6441-62e3-4b41-8a0c-9d252f531f7a',
  'the id of a tool call':
    '{"type":"tool_use","id":"toolu_01A09q90qw90lq917835lq9","call_id":"call_9dKx2mQ7"}',
  'an image': `data:image/png;base64,iVBORw0KGgo${BASE64}`,
  'base64 with zeros': `AAAAEAAAAEAAAAEAAAA${'A'.repeat(200)}/EAAAAEAAA+AKIAAAA==`,
  'a lockfile': `"integrity": "sha512-${Buffer.from('x'.repeat(64)).toString('base64')}",\n"resolved": "https://registry.example.org/a/-/a-1.0.0.tgz"`,
  'a digest': 'image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  paths: '/Users/ada/code/token/secret.ts ./api_key/access-token.test.ts:14:22 C:\\Users\\ada\\password.txt',
  types:
    'interface Options { password: string; apiKey?: string; token: Token2Type; secret: readonly string[] }',
  calls: 'const token = await getToken2(config); password = hash256(input); apiKey = process.env.API_KEY_V2;',
  references:
    'TOKEN=$GITHUB_TOKEN PASSWORD=${DB_PASS1} token: ${{ secrets.NPM_TOKEN_2 }} api_key={{ key1 }} secret=<your-secret-1>',
  placeholders: 'API_KEY=xxxxxxxxxxxxxxxx1 password=******** token: "..." sk-... ghp_… Bearer <token>',
  'URLs without a password':
    'https://user@host/a http://localhost:3000/@scope/a ssh://git@github.com:22/a postgres://$USER:$PASS@db/x',
  usage: '{"input_tokens":12345,"max_tokens":4096,"token":1234567890123,"secret":null,"password":true}',
  paging: '{"nextToken":"RW5DdDJkMWE1b2s5","page_token":"CAUQAA9s8d7f6"}',
  'a resource name': 'arn:aws:secretsmanager:us-east-1:123456789012:secret:MyTestData1-a1b2c3',
  prose:
    'The token is read from the keychain; a password: see the wiki. Basic authentication, bearer tokens.',
  comparison: 'if (token === undefined || password == null) throw new TokenError2();',
  'a changelog': '## 2.0.1\n- sk-learn and hf_hub updates, task-42, risk-free',
  docker: 'docker run -u 1000:1000 -p 8080:80 image',
  'options of other programs':
    'mysql -u root -p app; unzip -p archive2.zip; mysql -h db -P3306; grep -p k7Qz2mX9aLw4',
  'keys of things':
    'cacheKey: "k7Qz2mX9aLw4Rt8Vb3Nc", key: "1b3e6441-62e3-4b41-8a0c-9d252f531f7a", key="ArrowLeft2"',
  'words beside names':
    '| token | description of 2 words |\ntoken,secret,key\nthe token expires2021 soon, the key foo_bar_baz2',
  'calls with names': 'getToken("utf8_general_ci2") setPassword("field-name-2") t("password.reset.title2")',
  'settings of names': '{"name": "token_budget", "value": "4096"} { name: "password", type: "string2" }',
  'words with dots': 'token = response.data.access_token2; api_key: "settings.keys.primary1"',
  cookies: 'Cookie: theme=dark; lang=en-GB; consent=all2; cookie: "same-site=lax"',
  'headers without a value':
    'Authorization: Bearer $TOKEN, authorization: "Token ${token}", Authorization: header',
  SQL: "CREATE USER a IDENTIFIED BY '<password>'; SELECT password FROM users WHERE name = 'ada2'",
  'a map of Kubernetes': 'kind: ConfigMap\ndata:\n  extra: YWRtaW46cGFzc3dvcmQ=\n',
  'personal data, unless asked for': 'ada@example.org in /home/ada',
};

describe('ordinary text', () => {
  it.each(Object.entries(CLEAN))('is left alone: %s', async (_, text) => {
    const row = { messages: [{ content: [{ type: 'text', text }], arguments: JSON.stringify({ text }) }] };
    const { row: redacted, counts } = await redact(row);
    expect(redacted).toBe(row);
    expect(counts.size).toBe(0);
  });

  it('keeps everything else of a row that has a secret, the same objects included', async () => {
    const clean = { role: 'user', content: [{ type: 'text', text: 'hello' }] };
    const row = { n: 1.5, flag: true, none: null, messages: [clean, { text: 'password=Tr0ub4dor3' }] };
    const { row: redacted } = await redact(row);
    expect(redacted).toEqual({ ...row, messages: [clean, { text: 'password=[REDACTED:password]' }] });
    expect((redacted['messages'] as readonly unknown[])[0]).toBe(clean);
  });
});
