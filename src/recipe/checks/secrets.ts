import { isObject, type Json } from '../../json.js';
import type { Problem } from '../diagnostic.js';
import { listAt } from '../lists.js';
import { findSecrets } from './find-secrets.js';

/** Headers that carry keys. */
const KEY_HEADER = /^(?:proxy-)?authorization$|api[-_]?key|token|secret|password|^cookie$/i;

const HINT = 'name an environment variable in `api_key`; if this is a real key, revoke it';

/**
 * Keys that stand in a provider beside `api_key`: in its address or its headers. A recipe is committed, sent
 * around and copied into every dataset; the values are never shown.
 */
export function checkProviderSecrets(recipe: object): readonly Problem[] {
  return listAt(recipe, 'providers').flatMap((provider, index) => {
    if (!isObject(provider)) return [];
    const at = ['providers', index];
    const headers = isObject(provider['extra_headers'] ?? null) ? (provider['extra_headers'] as object) : {};
    return [
      ...(hasCredentials(provider['endpoint'])
        ? [literal('the address holds a user name, a password or a key', [...at, 'endpoint'])]
        : []),
      ...Object.keys(headers)
        .filter((name) => KEY_HEADER.test(name))
        .map((name) => literal(`the header \`${name}\` holds a key`, [...at, 'extra_headers', name])),
    ];
  });
}

/** Tokens of a known form anywhere in a recipe's text: in prompts, headers, addresses, even in comments. */
export function checkTextSecrets(text: string, file: string): readonly Problem[] {
  return findSecrets(text).map(({ kind, start, end }) => ({
    code: 'literal-key',
    message: `this looks like a secret (${kind}), which would be sent to models or copied into every dataset`,
    hint: 'take it out; if it is real, revoke it',
    at: [],
    place: { file, span: { offset: start, length: end - start } },
  }));
}

function hasCredentials(endpoint: Json | undefined): boolean {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false;
  const { username, password, searchParams } = new URL(endpoint);
  return (
    username !== '' ||
    password !== '' ||
    [...searchParams.keys()].some((name) => /key|token|secret/i.test(name))
  );
}

function literal(message: string, at: readonly (string | number)[]): Problem {
  return {
    code: 'literal-key',
    message: `${message}, which would be copied into every dataset`,
    hint: HINT,
    at,
    onKey: true,
  };
}
