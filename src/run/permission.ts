/**
 * What a recipe may do with permission alone: it may come from anywhere. A person gives it with a flag, for one command, or
 * with an entry of their settings. Without it nothing is done, and the message shows all that would be.
 */
import type { JsonPath } from '../core/json.js';
import { isList } from '../core/paths.js';
import { readSettings, settingsFile } from '../plugins/settings.js';
import type { RunProblem } from './problem.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A kind of permission. */
export interface Permission {
  readonly flag: `--allow-${string}`;
  /** The list of the settings. */
  readonly setting: `trusted_${string}`;
  /** What is asked: `this recipe would start a program`. */
  readonly would: (isOne: boolean) => string;
  readonly insteadOf: 'nothing was started' | 'nothing was sent';
  /** What to do before it is allowed: `look at what it does`. */
  readonly before: (isOne: boolean) => string;
  /** Entries of the settings as they are compared. Default: as they are. */
  readonly normal?: (entry: string) => string;
}

/** One thing that needs permission. */
export interface Asked {
  /** Its entry in the list of the settings. */
  readonly entry: string;
  /** For people, in printable characters. */
  readonly shown: string;
  /** The key of the recipe that asks for it. */
  readonly at: JsonPath;
}

/** Of programs. */
export const LOOK: Permission['before'] = (isOne) => `look at what ${isOne ? 'it does' : 'they do'}`;

/** Things in a message; a recipe may have any number. */
const MOST_SHOWN = 20;

/** What the settings do not allow. */
export async function withoutTrusted<Thing extends Pick<Asked, 'entry'>>(
  asked: readonly Thing[],
  { setting, normal = (entry) => entry }: Pick<Permission, 'setting' | 'normal'>,
  env: Environment,
): Promise<readonly Thing[]> {
  if (asked.length === 0) return [];
  const listed = (await readSettings(env))[setting];
  const trusted = new Set(isList(listed) ? listed.map((entry) => normal(String(entry))) : []);
  return asked.filter(({ entry }) => !trusted.has(entry));
}

/** The problem of a run that asks for more than it may; `undefined` where all is allowed. */
export async function askPermission(
  asked: readonly Asked[],
  permission: Permission,
  { allow, env }: { readonly allow: boolean; readonly env: Environment },
): Promise<RunProblem | undefined> {
  const refused = allow ? [] : await withoutTrusted(asked, permission, env);
  const [first] = refused;
  if (!first) return undefined;
  const { flag, setting, would, insteadOf, before } = permission;
  const entries = [...new Set(refused.map(({ entry }) => entry))];
  const things = new Map(refused.map((one) => [`${one.entry} ${one.shown}`, one.shown]));
  const shown = [...things.values()];
  const isOne = shown.length === 1;
  const more = shown.length > MOST_SHOWN ? ` and ${shown.length - MOST_SHOWN} more` : '';
  return {
    message: `${would(isOne)}, and ${insteadOf}: ${shown.slice(0, MOST_SHOWN).join(' and ')}${more}`,
    hint: `${before(isOne)}, then add ${flag}, or list ${entries.length === 1 ? 'it' : 'them'} under \`${setting}:\` in ${settingsFile(env)}: [${entries.slice(0, MOST_SHOWN).map(quoted).join(', ')}]`,
    at: first.at,
  };
}

/** As a list of YAML takes it. */
const quoted = (entry: string): string => (/^[\w:/.-]+$/.test(entry) ? entry : JSON.stringify(entry));
