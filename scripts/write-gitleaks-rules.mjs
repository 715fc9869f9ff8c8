/**
 * Writes src/redact/gitleaks-rules.ts from gitleaks' rules in scripts/gitleaks/rules.json, which
 * `node scripts/redaction-recall.mjs --rules` reads from the published Go module.
 *
 *   node scripts/write-gitleaks-rules.mjs          # writes
 *   node scripts/write-gitleaks-rules.mjs --check  # exits with 1 when the file is not current
 */
import { readFile, writeFile } from 'node:fs/promises';
import { argv, exit, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { convert } from './gitleaks/convert.mjs';

const target = new URL('../src/redact/gitleaks-rules.ts', import.meta.url);
const { version, rules } = JSON.parse(
  await readFile(new URL('gitleaks/rules.json', import.meta.url), 'utf8'),
);
const licence = await readFile(new URL('gitleaks/LICENSE', import.meta.url), 'utf8');
const { tokens, named } = convert(rules);

const table = (rows) => rows.map((row) => `  ${JSON.stringify(row)},\n`).join('');
const source = `/**
 * The rules of gitleaks ${version}, written by scripts/write-gitleaks-rules.mjs. Do not edit.
 *
 * @license
${licence
  .trim()
  .split('\n')
  .map((line) => ` * ${line}`.trimEnd())
  .join('\n')}
 */

export const GITLEAKS_VERSION = ${JSON.stringify(version)};

/** kind, beginnings in lower case, distance of a beginning from the start, pattern, least Shannon entropy */
export type TokenRow = readonly [string, readonly string[], number, string, number];

/** kind, beginnings of the name in lower case, pattern of the name, pattern of the value, least Shannon entropy */
export type NamedRow = readonly [string, readonly string[], string, string, number];

// prettier-ignore
export const GITLEAKS_TOKENS: readonly TokenRow[] = [
${table(tokens)}];

// prettier-ignore
export const GITLEAKS_NAMED: readonly NamedRow[] = [
${table(named)}];
`;

const options = await resolveConfig(fileURLToPath(target));
const text = await format(source, { ...options, parser: 'typescript' });
if (argv.includes('--check')) {
  if (text !== (await readFile(target, 'utf8'))) {
    stderr.write('src/redact/gitleaks-rules.ts is not current: node scripts/write-gitleaks-rules.mjs\n');
    exit(1);
  }
} else await writeFile(target, text);
