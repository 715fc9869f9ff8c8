/**
 * What a provider of tools is known by. `fingerprint` is what a person allows: the exact command, its arguments, its
 * environment and the folder it starts in, since `./server.js` is another program in another folder.
 */
import { hash } from 'node:crypto';
import { bothEnds } from '../core/both-ends.js';
import type { McpProviderConfig, StdioProvider } from '../core/config.js';
import { canonicalJson, type Json } from '../core/json.js';

/** In keys of stored results: the provider without its name, and without the folder it starts in. */
export function identityOf({ name: _name, ...provider }: McpProviderConfig): string {
  return hash('sha256', canonicalJson(provider as unknown as Json));
}

/** Names a command in the settings of a person who allows it. */
export function fingerprint({ command, args = [], env = {} }: StdioProvider, folder: string): string {
  return `sha256:${hash('sha256', canonicalJson({ command, args, env, folder }))}`;
}

/** Characters of a command that are shown. */
const MOST_SHOWN = 1000;

/**
 * The command as a shell would take it, on one line, with nothing in it that a terminal would obey; of a long one, both
 * ends. They are printable ASCII, and what is between them is not.
 */
export function commandLine({ command, args = [], env = {} }: StdioProvider): string {
  const variables = Object.entries(env).map(([name, value]) => `${shown(name)}=${shown(value)}`);
  return bothEnds([...variables, ...[command, ...args].map(shown)].join(' '), MOST_SHOWN);
}

/** Quoted where a shell needs it. Other characters than printable ASCII are written as their codes. */
function shown(word: string): string {
  if (/^[\w@%+:,./-]+$/.test(word)) return word;
  if (/^[\x20-\x7e]*$/.test(word)) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = word.replace(/[^\x20-\x7e]|[\\']/gu, (character) =>
    character === '\\' || character === "'"
      ? `\\${character}`
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `$'${escaped}'`;
}
