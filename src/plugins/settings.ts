import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { isObject, type JsonObject } from '../core/json.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's settings: `$XDG_CONFIG_HOME/dd/settings.yaml`, or `~/.config/dd/settings.yaml`. */
export function settingsFile(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'dd', 'settings.yaml');
}

/**
 * What the settings say. Settings that cannot be read say nothing, and so trust nothing: what they would allow is refused,
 * and its message names the file.
 */
export async function readSettings(env: Environment): Promise<JsonObject> {
  const text = await readFile(settingsFile(env), 'utf8').catch(() => '');
  const { errors, contents } = parseDocument(text);
  const settings: unknown = errors.length > 0 ? undefined : contents?.toJSON();
  return isObject(settings) ? settings : {};
}
