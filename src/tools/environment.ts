import type { McpProviderConfig } from '../core/config.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs to run at all. No key is in it, and no proxy, whose address may hold a password. */
const PASSED = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TERM', 'TMPDIR', 'TMP', 'TEMP',
  'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'PROGRAMFILES', 'SYSTEMDRIVE', 'SYSTEMROOT', 'USERNAME', 'USERPROFILE', 'COMSPEC',
]; // prettier-ignore

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The environment of a program: a few variables, and those of its provider. */
export function programEnvironment(
  own: Readonly<Record<string, string>>,
  env: Environment,
): Record<string, string> {
  const passed = PASSED.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const named = Object.entries(own).map(
    ([name, value]) =>
      [name, value.replaceAll(VARIABLE, (_, variable: string) => env[variable] ?? '')] as const,
  );
  return Object.fromEntries([...passed, ...named]);
}

/** The variables of the environment that a provider names: its key, and those in its `env`. */
export function namedVariables(provider: McpProviderConfig): readonly string[] {
  if (provider.provider_type !== 'stdio') return provider.api_key === undefined ? [] : [provider.api_key];
  return Object.values(provider.env ?? {}).flatMap((value) =>
    [...value.matchAll(VARIABLE)].map(([, name = '']) => name),
  );
}

/** Their values, which no message and no file may have. Short ones occur in texts as words. */
export function secretsOf(provider: McpProviderConfig, env: Environment): readonly string[] {
  return namedVariables(provider)
    .filter((name) => !PASSED.includes(name))
    .flatMap((name) => env[name]?.trim() ?? [])
    .filter((value) => value.length >= 8);
}
