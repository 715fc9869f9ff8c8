import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { GITLEAKS_NAMED, GITLEAKS_TOKENS } from '../../src/redact/gitleaks-rules.js';
import { redactText } from './support.js';

const HEX = '4f9a1c7be0d2836f5a1e9c7b40d38e26f1a5b7c9e3d04826b1f7a9c5e2d30486';
const MIXED = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zZkL5cF8nJ3qT7wX2yG6hD9fM4bV1sR0eP';

describe("gitleaks' rules", () => {
  it('are as the script writes them from what gitleaks publishes', async () => {
    const script = new URL('../../scripts/write-gitleaks-rules.mjs', import.meta.url).pathname;
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toBeDefined();
  });

  const patterns = [
    ...GITLEAKS_TOKENS.map(([kind, , , pattern]) => [kind, pattern]),
    ...GITLEAKS_NAMED.flatMap(([kind, , name, pattern]) => [
      [kind, name],
      [kind, pattern],
    ]),
  ];
  it.each(patterns)('repeat nothing without a bound: %s', (_, pattern) => {
    const withoutClasses = String(pattern).replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/g, 'x');
    expect(withoutClasses).not.toMatch(/[*+]|\{\d+,\}/);
    expect(() => new RegExp(String(pattern), 'y')).not.toThrow();
  });

  it.each(GITLEAKS_TOKENS.map(([kind, keywords]) => [kind, keywords]))(
    'are searched for by a few beginnings: %s',
    (_, keywords) => {
      expect(keywords.length).toBeGreaterThan(0);
      expect(keywords.length).toBeLessThan(20);
      for (const keyword of keywords) expect(keyword).toMatch(/^[\x21-\x7e]{2,12}$/);
      expect([...keywords].map((keyword) => String(keyword).toLowerCase())).toEqual(keywords);
    },
  );
});

/** Put together here, so that no scanner mistakes this file for a leak. */
const FORMS: readonly (readonly [kind: string, ...parts: readonly string[]])[] = [
  ['doppler-api-token', 'dp', '.pt.', MIXED.slice(0, 43)],
  ['doppler-token', 'dp', '.st.prd.', MIXED.slice(0, 40)],
  ['hashicorp-tf-api-token', MIXED.slice(0, 14), '.atlas', 'v1.', MIXED],
  ['harness-api-key', 'pat', '.', MIXED.slice(0, 22), '.', HEX.slice(0, 24), '.', MIXED.slice(0, 20)],
  ['github-app-token', 'gh', 's_409990_ey', MIXED.slice(0, 20), '.ey', MIXED.slice(0, 30), '.', MIXED],
  ['pulumi-api-token', 'pul', '-', HEX.slice(0, 40)],
  ['planetscale-password', 'pscale', '_pw_', MIXED.slice(0, 40)],
  ['atlassian-api-token', 'ATA', 'TT3', MIXED.repeat(3).slice(0, 186)],
  ['tailscale-key', 'tskey', '-auth-', MIXED.slice(0, 12), '-', MIXED.slice(0, 32)],
  ['flyio-access-token', 'fm', '2_', MIXED.repeat(2)],
  ['sentry-user-token', 'sntr', 'yu_', HEX],
  ['openshift-user-token', 'sha256', '~', MIXED.slice(0, 43)],
  ['aws-amazon-bedrock-api-key-long-lived', 'AB', 'SK', MIXED.repeat(2)],
  ['azure-ad-client-secret', 'vea7', 'Q~', MIXED.slice(0, 34)],
  ['cloudflare-origin-ca-key', 'v1', '.0-', HEX.slice(0, 24), '-', HEX.repeat(3).slice(0, 146)],
  ['artifactory-api-key', 'AK', 'Cp', `${MIXED}aB3dE`],
  ['mailgun-private-api-token', 'key', '-', HEX.slice(0, 32)],
  ['maxmind-license-key', MIXED.slice(0, 6), '_', MIXED.slice(6, 35), '_m', 'mk'],
  ['microsoft-teams-webhook', 'webhook', '.office.com/webhookb2/', `${HEX}@${HEX}/IncomingWebhook/${HEX}`],
];

describe('a token of known form', () => {
  it.each(FORMS)('is found anywhere: %s', async (kind, ...parts) => {
    const token = parts.join('');
    const mark = `[REDACTED:${kind}]`;
    expect(await redactText(`the log says ${token} and goes on`)).toBe(`the log says ${mark} and goes on`);
    expect(await redactText(JSON.stringify({ out: `\n${token}\n` }))).toBe(
      JSON.stringify({ out: `\n${mark}\n` }),
    );
  });

  it.each(FORMS)('is not found in a word, and not without its end: %s', async (_, ...parts) => {
    const token = parts.join('');
    for (const text of [`x${token}`, `see ${token.slice(0, 12)} there`]) {
      expect(await redactText(text.slice(0, 2000))).not.toMatch(/see \[REDACTED/);
    }
  });
});

it.each([
  [`dropbox_token = "${HEX.slice(0, 15)}"`, 'dropbox_token = "[REDACTED:dropbox-api-token]"'],
  [`sonar.login :::= "${HEX.slice(0, 40)}"`, 'sonar.login :::= "[REDACTED:sonar-api-token]"'],
  [`twitter: "${MIXED.slice(0, 25)}"`, 'twitter: "[REDACTED:twitter-api-key]"'],
  [`jira = "${HEX.slice(0, 24)}"`, 'jira = "[REDACTED:atlassian-api-token]"'],
])("a value is found after a vendor's name: %j", async (text, expected) => {
  expect(await redactText(text)).toBe(expected);
  expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
});
